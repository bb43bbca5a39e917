import type { Fence } from '../contracts/operations';
import type { Services } from '../services/create-services';
import { doStep, undoStep } from '../services/operations/steps';

interface Registering {
  readonly fence: Fence;
  readonly registrationId: string;
}

/** Steps of a registration. Identity spans tenants, hence `system`. */
export function createIdentityActivities({ db, registrations }: Pick<Services, 'db' | 'registrations'>) {
  return {
    insertUser: (i: Registering) => doStep(db, 'system', i.fence, (tx) => registrations.insertUser(tx, i.registrationId)),
    removeUser: (i: Registering) => undoStep(db, 'system', i.fence, (tx) => registrations.removeUser(tx, i.registrationId)),
    insertProfile: (i: Registering) => doStep(db, 'system', i.fence, (tx) => registrations.insertProfile(tx, i.registrationId)),
    removeProfile: (i: Registering) => undoStep(db, 'system', i.fence, (tx) => registrations.removeProfile(tx, i.registrationId)),
    forgetRegistration: (i: Registering) => doStep(db, 'system', i.fence, (tx) => registrations.forgetRegistration(tx, i.registrationId)),
  };
}
