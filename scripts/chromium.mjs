/** A Chromium for the page tests: CHROMIUM_PATH, else one on the PATH, else from the package manager. */
import { existsSync } from 'node:fs';
import { installPackage } from './packages.mjs';
import { which } from './processes.mjs';
import { SetupError, step } from './progress.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const find = () => names.map((name) => which(name)).find(Boolean) ?? places.find((file) => existsSync(file));

export function ensureChromium({ signal } = {}) {
  return step('Chromium', async (say) => {
    const given = process.env.CHROMIUM_PATH;
    if (given && !existsSync(given)) throw new SetupError(`CHROMIUM_PATH is ${given}, which is not there.`);
    let path = given || find();
    let why = '';
    if (!path) {
      await installPackage('chromium', { say, signal }).catch((error) => {
        signal?.throwIfAborted();
        why = ` (its installation failed: ${error.message.split('\n').pop()})`;
      });
      path = find();
    }
    if (!path) {
      throw new SetupError(
        `Chromium is missing${why}, and the page tests need one: install it or set CHROMIUM_PATH.`,
      );
    }
    return { path, detail: path };
  });
}
