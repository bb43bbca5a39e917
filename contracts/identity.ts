import { z } from 'zod';
import { idOf } from './ids';
import { ScopeShape } from './scopes';
import type { Role } from './workspaces';

const utf8Bytes = (text: string) => new TextEncoder().encode(text).length;

/** bcrypt looks at 72 bytes only: longer passwords are refused rather than cut. */
export const Password = z
  .string()
  .min(12, 'must have at least 12 characters')
  .refine((p) => utf8Bytes(p) <= 72, 'must be at most 72 bytes long in UTF-8');

export const Email = z
  .email('must be an e-mail address')
  .max(254)
  .transform((e) => e.toLowerCase());

/** Free text that people see: no control characters, not blank. */
export const DisplayName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(100)
  // eslint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not hold control characters');

export const RegisterUserInput = z.strictObject({ email: Email, password: Password, name: DisplayName });
export type RegisterUserInput = z.infer<typeof RegisterUserInput>;

export const Credentials = z.strictObject({ email: Email, password: z.string().max(1000) });
export type Credentials = z.infer<typeof Credentials>;

export const RefreshInput = z.strictObject({ refreshToken: z.string().min(1).max(200) });

/** `expiresIn` counts seconds. */
export const TokenPair = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresIn: z.number().int(),
});
export type TokenPair = z.infer<typeof TokenPair>;

export const User = z.object({
  id: idOf('user'),
  email: z.string(),
  name: z.string(),
  timeZone: z.string(),
  createdAt: z.iso.datetime(),
});
export type User = z.infer<typeof User>;

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export const UpdateUserInput = z.strictObject({
  name: DisplayName.optional(),
  timeZone: z.string().refine(isTimeZone, 'must be an IANA time zone like Europe/Berlin').optional(),
});
export type UpdateUserInput = z.infer<typeof UpdateUserInput>;

export const RegistrationResult = z.object({
  userId: idOf('user'),
  workspaceId: idOf('workspace'),
  baseId: z.string(),
});

export const CreateTokenInput = z.strictObject({
  name: DisplayName,
  workspaceId: idOf('workspace'),
  scopes: z.array(ScopeShape).min(1),
  /** Days until it expires; 90 by default. */
  expiresInDays: z.number().int().min(1).max(365).default(90),
});
export type CreateTokenInput = z.infer<typeof CreateTokenInput>;

export const TokenView = z.object({
  id: idOf('token'),
  name: z.string(),
  workspaceId: idOf('workspace'),
  scopes: z.array(ScopeShape),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
});
export type TokenView = z.infer<typeof TokenView>;

/** The token itself is in this answer and in no later one. */
export const CreatedToken = TokenView.extend({ token: z.string() });
export type CreatedToken = z.infer<typeof CreatedToken>;

/** Who acts: a person (session) or one of their personal access tokens. */
export interface Actor {
  readonly userId: string;
  readonly via: 'session' | 'token';
  /** Session or token id. */
  readonly credentialId: string;
  readonly scopes: readonly string[];
  /** A token reaches one workspace; a session all of its user's. */
  readonly workspaceId: string | null;
  readonly operator: boolean;
  /** What the person is in that workspace, where the look at a token told, and when that was (ms, monotonic). */
  readonly standing?: { readonly role: Role; readonly seenAt: number };
}
