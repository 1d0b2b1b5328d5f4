import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

/** Where a page starts and how long it is. The answer's `next_cursor` asks for the next one. */
export class PageQuery {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  readonly limit: number = 100;

  @IsOptional()
  @IsString()
  @MaxLength(500)
  readonly cursor?: string;
}
