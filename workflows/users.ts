import { RegisterUserInput, RegistrationResult } from '../contracts/identity';
import { operation } from './operation';
import { provision } from './provision';
import { steps, undos } from './proxies';

/** What the door staged: the password's hash is in the database, the workflow knows the registration's id only. */
export interface StagedRegistration {
  readonly registrationId: string;
  readonly userId: string;
  readonly connectionId: string;
}

/** A person's account with a first workspace, or nothing of it. The door mints the session's tokens afterwards. */
export const registerUser = operation({
  name: 'registerUser',
  title: 'Register a user',
  route: 'POST /v1/users',
  scope: null,
  tool: false,
  tenancy: 'new',
  input: RegisterUserInput,
  output: RegistrationResult,
  async run(saga, input: StagedRegistration) {
    const { registrationId, userId, connectionId } = input;
    await saga.step('registration', {
      do: (fence) => steps.checkRegistration({ fence, registrationId }),
      undo: (fence) => undos.dropRegistration({ fence, registrationId }),
    });
    await saga.step('user', {
      do: (fence) => steps.insertUser({ fence, registrationId }),
      undo: (fence) => undos.removeUser({ fence, userId }),
    });
    await saga.step('profile', {
      do: (fence) => steps.insertProfile({ fence, registrationId }),
      undo: (fence) => undos.removeProfile({ fence, userId }),
    });
    const { baseId } = await provision(saga, { userId, connectionId, name: null });
    await saga.step('forget registration', {
      do: (fence) => steps.forgetRegistration({ fence, registrationId }),
      undo: 'nothing to undo: it removes the hashed copy of what was typed, which nothing needs any more',
    });
    return { userId, workspaceId: saga.workspaceId, baseId };
  },
});
