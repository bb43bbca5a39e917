import type { Usage } from './limits';

/** US dollars per million tokens, which is the same number as millionths of a dollar per token. */
interface Price {
  readonly input: number;
  readonly output: number;
}

/**
 * Paid-tier prices for text, as read on third-party pages that quote ai.google.dev/gemini-api/docs/pricing; not
 * checked against Google's own page, and Google changes them: this table bounds a turn, it is no bill. Thinking
 * counts as output; cheaper cached input is not taken off.
 */
const PRICES: Readonly<Record<string, Price>> = {
  'gemini-2.5-flash': { input: 0.3, output: 2.5 },
  'gemini-2.5-flash-lite': { input: 0.1, output: 0.4 },
  'gemini-2.5-pro': { input: 2.5, output: 15 },
};
/** A model that is not in the table is counted as the dearest one that is. */
const DEAREST: Price = { input: 2.5, output: 15 };

/** Tokens with what they cost, rounded up. */
export function priceUsage(model: string, inputTokens: number, outputTokens: number): Usage {
  const price = PRICES[model.replace(/^models\//, '')] ?? DEAREST;
  const costMicroUsd = Math.ceil(inputTokens * price.input + outputTokens * price.output);
  return { inputTokens, outputTokens, costMicroUsd };
}
