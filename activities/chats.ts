import type { Services } from '../services/create-services';
import { liveness } from './liveness';

/** The steps of a chat turn: one model call or one tool call each, so that what completed is not repeated after a crash. */
export function createChatActivities({ turns }: Pick<Services, 'turns'>) {
  return {
    startTurn: (i: Parameters<Services['turns']['startTurn']>[0]) => turns.startTurn(i),
    askModel: (i: Parameters<Services['turns']['askModel']>[0]) => turns.askModel(i, liveness()),
    callOneTool: (i: Parameters<Services['turns']['callOneTool']>[0]) => turns.callOneTool(i, liveness()),
    finishTurn: (i: Parameters<Services['turns']['finishTurn']>[0]) => turns.finishTurn(i),
    abandonTurn: (i: Parameters<Services['turns']['abandonTurn']>[0]) => turns.abandonTurn(i),
  };
}
