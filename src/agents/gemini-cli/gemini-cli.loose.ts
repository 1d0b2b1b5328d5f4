import { notAStop } from '../../core/classify-json.js';
import type { Finding } from '../../core/finding.js';
import { at, isRecord, stringOf, type JsonRecord } from '../../core/json-record.js';
import type { LooseRecord } from '../../core/ports/agent.js';
import type { ResetAnchor } from '../../core/reset-text.js';
import { evidence } from '../../core/stop.js';
import { classifyGeminiError, classifyGeminiJson, classifyGeminiText } from './gemini-cli.classifier.js';

/** What one record of Gemini CLI means: of its stream, a Google API error, or words of its screen. */
export function classifyLoose(record: LooseRecord, zone: string): Finding {
  const anchor = { atMs: record.atMs, zone };
  if (record.kind === 'text') return classifyGeminiText(record.payload, anchor);
  const { payload } = record;
  return isRecord(payload) && payload['type'] === 'result'
    ? classifyResult(payload, anchor)
    : classifyGeminiJson(payload, anchor);
}

function classifyResult(result: JsonRecord, anchor: ResetAnchor): Finding {
  if (result['status'] === 'success')
    return {
      reason: 'completed',
      confidence: 1,
      evidence: evidence('gemini-cli stream', 'status=success', ''),
    };
  const message = stringOf(at(result, 'error', 'message'));
  return message === undefined ? notAStop('result', result) : classifyGeminiError(message, undefined, anchor);
}
