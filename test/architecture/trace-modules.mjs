import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Preloaded into the service: writes down every module it loads. */
const loaded = new Set();
registerHooks({
  load(url, context, nextLoad) {
    loaded.add(url);
    return nextLoad(url, context);
  },
});
process.on('exit', () => writeFileSync(process.env.MODULE_LIST, [...loaded].join('\n')));
