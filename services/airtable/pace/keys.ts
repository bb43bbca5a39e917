import type { CallPaces } from './paces';

export const processesKey = (redisPrefix: string) => `${redisPrefix}pace:processes`;
export const slotsKey = (pace: { readonly key: string }) => `${pace.key}:slots`;
export const ticketsKey = ({ line }: CallPaces) => `${line.key}:tickets`;

/** The keys of ASK_SCRIPT, as it numbers them. */
export function keysOf(paces: CallPaces, redisPrefix: string): string[] {
  const { line, share, user } = paces;
  return [
    line.key,
    slotsKey(line),
    ticketsKey(paces),
    `${line.key}:served`,
    `${redisPrefix}pace:era`,
    processesKey(redisPrefix),
    share?.key ?? `${line.key}:share`,
    user?.key ?? `${line.key}:user`,
    slotsKey(user ?? line),
  ];
}
