import type { Page } from 'playwright-core';

/** Opens a route of the page and signs in there. */
export async function signIn(page: Page, url: string, email: string, password: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

/** Waits for a heading. */
export async function see(page: Page, heading: string | RegExp, timeout = 30_000): Promise<void> {
  await page.getByRole('heading', { name: heading }).first().waitFor({ timeout });
}

/** Presses a key until the element with the focus has this role and name, as somebody without a mouse does. */
export async function tabTo(page: Page, tag: string, name: RegExp): Promise<void> {
  for (let n = 0; n < 80; n++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      const label =
        e instanceof HTMLInputElement || e instanceof HTMLTextAreaElement
          ? (e.labels?.[0]?.textContent ?? '')
          : '';
      return {
        tag: e?.localName ?? '',
        name: `${e?.getAttribute('aria-label') ?? ''} ${label} ${e?.textContent ?? ''}`,
      };
    });
    if (at.tag === tag && name.test(at.name)) return;
  }
  throw new Error(`Tab never came to ${tag} ${String(name)}`);
}
