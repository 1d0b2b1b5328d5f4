import { IsIn, IsOptional } from 'class-validator';

/** How the work is to go on. */
export class ResumeNowDto {
  @IsOptional()
  @IsIn(['new-session'], {
    message: 'strategy: allowed is "new-session"; left out, the same session goes on',
  })
  readonly strategy?: 'new-session';
}
