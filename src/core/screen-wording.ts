import { startsWith } from './any-of.js';
import type { Finding } from './finding.js';

/** What a statement that is no error can still say. */
export type ScreenNote = Readonly<{ id: string; reason: Finding['reason']; text: RegExp }>;

/** Looked at before the errors: no stop, or a stop that no error record tells of. */
export const SCREEN_NOTES: readonly ScreenNote[] = [
  {
    // The quick mode of Claude Code has a limit of its own; the session goes on without it.
    id: 'fast-mode',
    reason: 'not_a_stop',
    text: startsWith(String.raw`you've hit your (?:\w+ )?fast limit · resets in `),
  },
  {
    id: 'near-limit',
    reason: 'warning_only',
    text: startsWith(
      String.raw`(?:you've|you have) used \d+% of`,
      String.raw`(?:you're |you are )?(?:approaching|close to|nearing|almost (?:at|reached)) `,
      String.raw`heads up, you have less than`,
      String.raw`\d+% of your (?:\w+ )?(?:usage|limit)`,
      String.raw`\d+ (?:messages?|requests?) (?:remaining|left)`,
      String.raw`usage is at \d+%|\d+% used`,
      String.raw`context (?:exceeds the|is \d+k? tokens past)`,
    ),
  },
  {
    id: 'interrupted',
    reason: 'user_exit',
    text: startsWith(
      String.raw`\[request interrupted by user`,
      String.raw`conversation interrupted`,
      String.raw`(?:turn|review was) (?:interrupted|aborted|cancelled)`,
      String.raw`interrupted (?:\(ctrl-c\)|by user)`,
      String.raw`interrupted · what should|stopped by user|(?:request|operation) cancelled\.?$|user cancelled`,
    ),
  },
  {
    id: 'crashed',
    reason: 'crash',
    text: startsWith(
      String.raw`fatal error: .*(?:heap|memory)`,
      String.raw`panic\(`,
      String.raw`oh no: bun has crashed`,
      String.raw`segmentation fault`,
      String.raw`internal error; agent loop died`,
      String.raw`typeerror: undefined is not an object`,
      String.raw`(?:error: )?claude code process exited`,
    ),
  },
  {
    id: 'no-session',
    reason: 'session_missing',
    text: startsWith(
      String.raw`no conversation found with session id`,
      String.raw`session (?:was )?not found`,
      String.raw`no thread with id`,
      String.raw`no previous sessions found`,
      String.raw`failed to resume the conversation|this session has no saved transcript|invalid session identifier`,
    ),
  },
  {
    id: 'refused',
    reason: 'refusal',
    text: startsWith(
      String.raw`response stopped due to`,
      String.raw`model stream ended due to safety`,
      String.raw`this content can't be shown`,
      String.raw`claude ended this conversation`,
      String.raw`(?:error: )?provider filtered response`,
    ),
  },
  { id: 'loop', reason: 'awaiting_input', text: startsWith('a potential loop was detected') },
  {
    id: 'bad-call',
    reason: 'config',
    text: startsWith(
      String.raw`error: (?:--|input (?:must|contained)|settings file|mcp tool|workspace not trusted|claude code cannot)`,
      String.raw`could not read claude code config|the current directory no longer exists|--\w+ and --\w+ conflict`,
      String.raw`it seems like you don't have access to|claude opus is not available|no model is configured`,
    ),
  },
  {
    id: 'budget',
    reason: 'budget_exhausted',
    text: startsWith('goal budget reached', String.raw`(?:shared )?(?:rollout )?token budget exhausted`),
  },
];

/** The agent tries again by itself. */
export const RETRIES =
  /\bretrying (?:in|after|attempt|\(|\d)|\bretrying\b.*attempt|\battempt \d+ ?(?:\/|of|failed)|^reconnecting\b|\bwill continue retrying|requeued for retry/i;

/** A turn is under way. */
export const WORKS = /\besc(?:ape)? to interrupt\b|^working \(/i;

/** What follows a limit's name in an announcement; in a sentence that only mentions one, other words do. */
const REST = String.raw`(?=\s*$|\s*[·∙•|│([]|\s+[—–-]|[.:;!…]|,?\s+(?:and |or |it )?(?:(?:access |limits? |will )*(?:resets?|refreshes)\b|continuing\b|try again|please (?:wait|upgrade)|your limit))`;
const KIND = String.raw`(?:(?:weekly|global|daily|monthly|session|opus|sonnet|haiku|fable|model|usage|rate|plan|individual|request|standard|context|24-hour|\d+[- ]hour|grok build|gemini|\d)\s+){0,4}`;
const WHOSE = String.raw`(?:(?:the|your)\s+)?(?:[\w']{1,20}\s+){0,2}?`;
const FOR = String.raw`(?: (?:for (?:[\w.-]+ ){0,4}?[\w.-]+|on [\w ]{1,30}|again after you continued))?`;

/** How agents announce that a limit is reached. */
export const LIMIT_ANNOUNCED = startsWith(
  String.raw`(?:you've|you have|you) (?:hit|reached|exceeded) (?:your|the)(?: [\w.'-]+){0,5}? (?:limit|budget|quota|cap|allowance)${FOR}${REST}`,
  String.raw`(?!rate limit \w+(?!.*\b(?:resets?|available)\b))(?:your )?(?:claude (?:ai )?)?${KIND}(?:limit|quota) (?:was |has been )?(?:reached|hit|exceeded|exhausted)${FOR}(?: \([\w -]+\))?${REST}`,
  String.raw`${WHOSE}(?:monthly )?usage (?:limit|quota) (?:is|was|has been) (?:reached|exceeded|exhausted)${REST}`,
  String.raw`you're out of extra usage${REST}`,
  String.raw`usage limit\s*[·∙]|hit your usage limit|goal hit usage limits`,
  String.raw`(?:baseline )?model quota reached|your plan's baseline quota will refresh|your quota will reset|you can resume using this model at`,
  String.raw`(?:sorry, )?you've (?:hit|reached|exceeded) (?:a|your) (?:\w+ )?rate limit(?= that|[.,] please wait for|[.,] .*(?:hours?|wait))|actionrequirederror: .*usage limit`,
  String.raw`automatic continue (?:did not run|cancelled|stopped|was turned off)`,
  String.raw`stop and wait for limit to reset`,
  String.raw`please try again in \d+ (?:hours?|minutes?)\.?$`,
);

/** How they announce anything else, in words that nobody else begins a line with. */
export const ERROR_ANNOUNCED = startsWith(
  // The account.
  String.raw`you hit your (?:spend cap|free usage)|your prepayment credits|you have reached your daily|you're out of codex messages`,
  String.raw`(?:you're|you are) out of (?:extra usage|usage credits|credits)|your (?:org|workspace) is out of`,
  String.raw`your (?:group's usage limit is set|credit balance|account does not have access|session expired|seat type|usage allocation|organization has disabled|apikeyhelper script|anthropic_api_key)`,
  String.raw`(?:you have|you've) (?:exhausted|used all|exceeded your) `,
  String.raw`exhausted your capacity|individual quota reached|model quota limit exceeded|free usage exceeded`,
  String.raw`(?:subscription|weekly usage|(?:free )?allocated|qwen \w+) quota exceeded`,
  String.raw`quota exceeded (?:for|\()|quota exceeded\. check|quota exhausted:`,
  String.raw`resource[_ ](?:has been )?exhausted`,
  String.raw`to use codex with your chatgpt plan`,
  String.raw`(?:insufficient credits|you have run out of credits|compaction failed|please add credits|credit balance is too low|membership expired|this service is disabled for your org)`,
  String.raw`qwen oauth (?:free tier|quota)`,
  // The login.
  String.raw`failed to authenticate|not logged in|login expired|please run \/login|sign in to codex`,
  String.raw`invalid (?:api key ·|auth token|anthropic_custom_headers|request header)|oauth token|anthropic profile login expired`,
  String.raw`aws (?:credentials expired|authentication failed)|could not (?:refresh the design|save the design|resolve authentication)`,
  String.raw`your (?:access token|authentication session|refresh token) (?:could not|has already)`,
  String.raw`claude design (?:rejected|needs)|designsync needs|authentication expired|missing environment variable|login timed out|failed to sign in|session expired or is|invalid auth method|authentication timed out|token refresh failed|failed to (?:refresh token|login)`,
  String.raw`when using gemini api, you must|this service has been disabled in this account|llm not set|authorization failed|we're unable to verify your membership`,
  String.raw`could not load the default credentials|claude opus is not available|model "[^"]+" is not a recognized|workspace not trusted`,
  // The provider.
  String.raw`\[?api error\b|llm provider error|(?:turn|request) failed(?:[: ]| in )|error code: \d{3}|http response error from|agent (?:execution )?terminated due to error|this request failed\. press|we're (?:receiving too many|getting more traffic)`,
  String.raw`unexpected status \d{3}|exceeded retry limit, last status|request rejected \(\d{3}\)|got status: \d{3}|error running remote compact task`,
  String.raw`http \d{3} [a-z]+_[a-z_]+|selected model is at capacity|(?:we're|we are|codex is) currently experiencing`,
  String.raw`there's an issue with the selected model|claude code is unable to respond|[\w. ]{3,40}'s safeguards flagged`,
  String.raw`this request would exceed your (?:organization|account)'s rate limit|ai_retryerror|input length and .max_tokens. exceed`,
  String.raw`rate limit reached for [\w.-]+ in organization|upstream (?:rate limit|error)|concurrency limit exceeded|temporarily limiting`,
  String.raw`error while reading the server response|failed after \d+ retries|error type: "|received error while streaming`,
  String.raw`ratenlimit|超出速率限制|レート制限|limite de (?:débit|taxa)|límite de tasa|превышен лимит|속도 제한|[\w.-]+ is way too hot`,
  // The context.
  String.raw`prompt is too long|context limit reached|(?:error: )?error during compaction|codex ran out of room`,
  String.raw`(?:session|conversation history) too large to compact|request too large \(max|capability_rejected|please reduce the length`,
  // The connection.
  String.raw`unable to connect to (?:api|anthropic)|failed to connect to api\.|stream disconnected before completion`,
  String.raw`connection (?:lost|closed|refused|dropped)(?: before| while| mid|\s*[—(])|your computer went to sleep`,
  String.raw`(?:the )?response stalled|error sending request for url|timeout waiting for child process`,
  String.raw`can't reach the api server|no internet route|couldn't connect through your proxy|ssl certificate error|connection to [\w .]+ timed out|secure connection to|no response from (?:the )?model|api returned an empty|bedrock streaming response|provider response headers`,
);

/** Words that a program of any kind may print: they count only where nothing else is on the screen. */
export const ERROR_SAID = startsWith(
  String.raw`rate[ _-]limit(?:ed|_exceeded| (?:exceeded|reached|hit))(?=\s*$|\s*[[.,:;!(·—-]| for\b| \()`,
  String.raw`too many requests|429 (?:too many|rate limit|status code)|[45]\d\d \{|402 insufficient|http [45]\d\d:? (?:too many requests|payment required|unauthorized|forbidden|service unavailable|bad gateway|internal server error)|you (?:are|have been) rate limited|you(?:'ve| have) (?:hit|exceeded|reached) your rate limit`,
  String.raw`(?:the )?(?:service|server|model|provider|api provider|api service|api server|grok)\b.{0,60}(?:overloaded|unavailable|at capacity|high load|down or|internal error)`,
  String.raw`(?:opus|sonnet|haiku) is experiencing high load|server (?:overloaded|error)|service (?:temporarily )?unavailable|provider is overloaded|overloaded`,
  String.raw`(?:the )?request timed out|request timeout|timed out|fetch failed|socket (?:is closed|connection)|connection (?:reset|error|refused|failed)`,
  String.raw`(?:maximum |exceeded )?context (?:length|window)|exceeded max tokens|too many tokens|input token count|your request exceeded|the request exceeds|invalid params, context|tokens to keep|your input exceeds|the input token count|this model's maximum|input (?:is too long|exceeds)`,
  String.raw`(?:rate_limit_exceeded|unauthorized|forbidden|access denied|authentication (?:failed|temporarily)|authorization failed|invalid api key|missing api key|permission was denied)`,
  String.raw`(?:the )?(?:api )?provider (?:has|is|timed)|(?:insufficient|out of) (?:credits|quota|balance)|quota exceeded$`,
  String.raw`(?:rate limited|unauthorized|service unavailable|server error|bad request|not found|request too large|request denied) \(\d{3}\)`,
  String.raw`provider (?:rate limit|connection error|error)|paused after provider|could not connect to the model|context_length_exceeded`,
  String.raw`model is (?:disabled|temporarily overloaded)|no model is configured|the requested model`,
  String.raw`invalid prompt: |this request (?:has been|was) flagged`,
);

/** What an announcement may be wrapped in. */
export const WRAPPING =
  /^(?:due to an api error:|exit status:? \d+:|(?:unexpected )?error:|fatal:|prefix:|\[transport\] transport error:|litellm\.\w+:|\w+exception -|(?:claude|codex|opencode|gemini|antigravity|agent|acp|chat|session)[\p{L}\d ]{0,30}:|error from provider \([\w ]+\):|error ?, status code: \d+, message:|\[provider\.\w+\] \d+|_\w+error:|error :|internal error:|invalid request:|[A-Z_]{8,} \(code \d{3}\):|i'm sorry, but)\s*/iu;

/** Chrome: what agents draw around what they say. */
export const CHROME = startsWith(
  String.raw`$|https?:`,
  String.raw`[─━═·.\s-]+$`,
  String.raw`\d+\.\s|\[\d+\]\s|please (?:wait and )?try again later|please (?:wait for|retry after|review our|ensure your)|we apologize|request a limit increase`,
  String.raw`what do you want to do\?|error id:|to increase your limits|(?:or )?you can (?:choose to|utilize|switch) |opening your options|\(?(?:press )?enter to |.*\besc (?:to cancel|interrupt)\b`,
  String.raw`\/[a-z-]+(?: (?:to|model)\b|$)|run \/[\w-]+ `,
  String.raw`\? for shortcuts|tip:|ctrl\+|shift\+tab|.*shift\+tab to cycle`,
  String.raw`send feedback|double press esc|learn more|to continue using|if this persists|possible quota limitations|they may flag|safe, normal|get cursor pro|you can prompt the model|see our |type \/login|auto model to continue|period\. please try`,
  String.raw`.*\b(?:context \d+% left|ctx:\d+%|5h:\d+%)|\[OMC#|(?:✓ )?bash ×\d|model: `,
  String.raw`[\w-]+ed for (?:\d+[hms]\s*)+─*$|[─\s]*worked for `,
  String.raw`(?:gpt|claude|gemini)-[\w.-]+ \w+ · `,
  String.raw`\(?(?:error type|request id)|model sent to the api`,
);

/** A line that goes on with the statement before it. */
export const CONTINUES =
  /^(?:[·∙]|(?:and |or )?(?:[Aa]ccess resets|[Cc]ontinuing|[Ll]imits? (?:will )?resets?|[Yy]our (?:rate )?limit|retrying in|[Rr]esets?|[Rr]efreshes|[Tt]ry again|at \d)\b|claude\.ai\/|chatgpt\.com\/|https?:|"\w+":|limit: |\()/;

/** A line that long was broken by the terminal: what follows in small letters belongs to it. */
export const BROKEN_FROM_CHARS = 50;
export const GOES_ON = /^[a-z][\w-]*[ ,.:]/;
