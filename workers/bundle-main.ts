import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLE_FILE, bundleWorkflows } from './create-workers';

/** Part of `npm run build`: writes dist/workflow-bundle.js. */
async function main(): Promise<void> {
  const { code } = await bundleWorkflows();
  writeFileSync(join(__dirname, '..', BUNDLE_FILE), code);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
