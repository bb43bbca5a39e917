import type { Fence } from '../contracts/operations';
import type { Services } from '../services/create-services';
import { doStep, undoStep } from '../services/operations/steps';

interface Registering {
  readonly fence: Fence;
  readonly registrationId: string;
}

interface Registered {
  readonly fence: Fence;
  readonly userId: string;
}

/** Steps of a registration. Identity spans tenants, hence `system`. */
export function createIdentityActivities({ db, registrations }: Pick<Services, 'db' | 'registrations'>) {
  return {
    insertUser: (i: Registering) =>
      doStep(db, 'system', i.fence, (tx) => registrations.insertUser(tx, i.registrationId)),
    checkRegistration: (i: Registering) =>
      doStep(db, 'system', i.fence, (tx) => registrations.checkRegistration(tx, i.registrationId)),
    dropRegistration: (i: Registering) =>
      undoStep(db, 'system', i.fence, (tx) => registrations.forgetRegistration(tx, i.registrationId)),
    removeUser: (i: Registered) =>
      undoStep(db, 'system', i.fence, (tx) => registrations.removeUser(tx, i.userId)),
    insertProfile: (i: Registering) =>
      doStep(db, 'system', i.fence, (tx) => registrations.insertProfile(tx, i.registrationId)),
    removeProfile: (i: Registered) =>
      undoStep(db, 'system', i.fence, (tx) => registrations.removeProfile(tx, i.userId)),
    forgetRegistration: (i: Registering) =>
      doStep(db, 'system', i.fence, (tx) => registrations.forgetRegistration(tx, i.registrationId)),
  };
}
