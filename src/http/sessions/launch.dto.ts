import { IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';

const PROMPT_CHARS = 1_000_000;
const NAME = { message: '$property: letters, digits and . _ : / [ ] - only' };

/** What a launch takes. */
export class LaunchDto {
  /** The first that is switched on by default. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(50)
  readonly agent?: string;

  @IsString()
  @MaxLength(4096)
  @Matches(/^\//, { message: 'cwd: "$value" is not an absolute path' })
  readonly cwd: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(PROMPT_CHARS)
  readonly prompt: string;

  @IsOptional()
  @Matches(/^[A-Za-z][\w.:-]{0,50}$/, NAME)
  readonly permission_mode?: string;

  @IsOptional()
  @Matches(/^[A-Za-z][\w.:/[\]-]{0,100}$/, NAME)
  readonly model?: string;
}
