import { z } from 'zod';
import { Email } from './identity';
import { idOf } from './ids';
import { Role } from './workspaces';

/** Members are added by the e-mail address of an account; adding a member again changes the role. */
export const AddMemberInput = z.strictObject({ email: Email, role: Role });
export type AddMemberInput = z.infer<typeof AddMemberInput>;

export const Member = z.object({
  userId: idOf('user'),
  email: z.string(),
  name: z.string(),
  role: Role,
  joinedAt: z.iso.datetime(),
});
export type Member = z.infer<typeof Member>;
