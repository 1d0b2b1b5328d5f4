import { ArrayMaxSize, IsArray, IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';

const PROMPT_CHARS = 1_000_000;
const TOOL = 'allowed_tools: each is the name of a tool, perhaps with a pattern, in one line';
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

  /** In the agent's own words, such as `Bash(git log:*)`. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(/^[A-Za-z][^\n\r]{0,200}$/, { each: true, message: TOOL })
  readonly allowed_tools?: string[];
}
