import type { ChatTurnActivities, ChatTurnRef } from '../../../contracts/chat-turns';
import type { SagatableError } from '../../../contracts/errors';
import { createChats } from '../../../services/chats/chats';
import { createTurns, type TurnsOptions } from '../../../services/chats/turns';
import { newId } from '../../../services/ids';
import { createCommandsPlanner } from '../../../services/planners/commands/commands-planner';
import { createGeminiPlanner } from '../../../services/planners/gemini';
import { TURN_LIMITS } from '../../../services/planners/limits';
import type { Planner } from '../../../services/planners/planner';
import { runChatTurn } from '../../../workflows/chat-loop';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { gemini, startGeminiStandIn, type GeminiStandIn } from '../../support/gemini-standin';
import { pollUntil } from '../../support/poll';
import { BASE, createFilmsWorld } from '../tools/films-world';
import { openWorkspace } from './workspace';

const containing = (part: string): unknown => expect.stringContaining(part);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

let test: TestDatabase;
let standIn: GeminiStandIn;
let workspaceId: string;
const live = { signal: new AbortController().signal, heartbeat: () => undefined };

beforeAll(async () => {
  [test, standIn] = await Promise.all([createTestDatabase(), startGeminiStandIn()]);
  workspaceId = await openWorkspace(test);
});
afterAll(() => Promise.all([test.drop(), standIn.stop()]));

/** A chat with one message, and what a worker needs to answer it. */
async function openTurn(text: string, options: Partial<TurnsOptions> & { planner?: Planner } = {}) {
  const chats = createChats({ db: test.db });
  const chatId = newId('chat');
  const turn = await test.db.tenant(workspaceId, async (tx) => {
    await chats.insertChat(tx, { id: chatId, workspaceId, title: 'Films', baseId: BASE, createdBy: 'usr_1' });
    return chats.stageTurn(tx, { workspaceId, chatId, userId: 'usr_1', text });
  });
  const world = createFilmsWorld();
  const planner = createGeminiPlanner({ apiKey: 'key', baseUrl: standIn.url, model: 'gemini-2.5-flash' });
  const turns = createTurns({ db: test.db, chats, planner, tools: world.services, ...options });
  const seen: unknown[] = [];
  const note = async <T>(result: Promise<T>): Promise<T> => {
    seen.push(await result);
    return result;
  };
  const activities: ChatTurnActivities = {
    startTurn: (i) => note(turns.startTurn(i)),
    askModel: (i) => note(turns.askModel(i, live)),
    callOneTool: (i) => note(turns.callOneTool(i, live)),
    finishTurn: (i) => note(turns.finishTurn(i)),
  };
  const answer = async () =>
    (await chats.listMessages(workspaceId, chatId, { limit: 10 })).messages.filter(
      (m) => m.role === 'assistant',
    );
  return { turn, turns, world, activities, answer, seen };
}

const rule = (field: string) => ({
  kind: 'set',
  table: 'Films',
  where: '{Title} = "secret-canary"',
  cells: [{ name: field, value: 'R' }],
});
const proposes = (field: string, baseId = BASE) =>
  gemini.calls({ name: 'propose_edit', args: { baseId, rules: [rule(field)] } });

describe('a turn', () => {
  it('with the commands planner proposes what the message says', async () => {
    const message = 'set "MPAA Rating" to "R" in Films where {MPAA Rating} = BLANK()';
    const { turn, activities, world, answer } = await openTurn(message, { planner: createCommandsPlanner() });
    const result = await runChatTurn(activities, turn);
    expect(world.proposals).toHaveLength(1);
    expect(world.proposals[0]).toMatchObject({
      workspaceId,
      actor: 'usr_1',
      planner: 'commands',
      chatId: turn.chatId,
    });
    expect(result).toEqual({ messageId: turn.answerId, editId: world.proposals[0]?.editId });
    expect(await answer()).toMatchObject([
      {
        id: turn.answerId,
        text: containing('2 cells: empty → R'),
        planner: 'commands',
        editId: result.editId,
        toolCalls: [{ name: 'propose_edit', ok: true }],
      },
    ]);
  });

  it('with a model runs several calls of one answer in order and hands their results back', async () => {
    standIn.script(
      gemini.calls({ name: 'list_bases', args: {} }, { name: 'describe_base', args: { baseId: BASE } }),
      proposes('MPAA Rating'),
      gemini.text('Have a look.'),
    );
    const { turn, activities, answer } = await openTurn('rate them');
    await runChatTurn(activities, turn);
    const [message] = await answer();
    expect(message).toMatchObject({ text: 'Have a look.', planner: 'gemini:gemini-2.5-flash' });
    expect(message?.toolCalls.map((call) => call.name)).toEqual([
      'list_bases',
      'describe_base',
      'propose_edit',
    ]);
    const results = standIn.requests[1]?.body.contents.at(-1)?.parts ?? [];
    expect(results.map((part) => JSON.stringify(part).slice(0, 60))).toEqual([
      containing('list_bases'),
      containing('describe_base'),
    ]);
  });

  it('shows a workflow ids and counts, and no word of what was said, called or found', async () => {
    standIn.script(
      gemini.calls(
        { name: 'tool-canary', args: {} },
        { name: 'search_records', args: { baseId: BASE, table: 'Films', text: 'secret-canary' } },
      ),
      proposes('MPAA Rating'),
      gemini.text('answer-canary'),
    );
    const { turn, activities, seen } = await openTurn('message-canary');
    await runChatTurn(activities, turn);
    expect(JSON.stringify([turn, seen])).not.toMatch(/canary|Film|Rating/);
    expect(seen).toContainEqual({
      calls: [
        { id: '0', name: 'unknown' },
        { id: '1', name: 'search_records' },
      ],
      done: false,
    });
  });

  it('tells the planner what is wrong with nonsense, and proposes nothing', async () => {
    standIn.script(
      proposes('MPA Rating'),
      proposes('Age'),
      proposes('MPAA Rating', 'app99999999999999'),
      gemini.text('I give up.'),
    );
    const { turn, activities, world, answer } = await openTurn('rate them');
    await runChatTurn(activities, turn);
    expect(world.proposals).toEqual([]);
    const told = standIn.requests.slice(1).map((request) => JSON.stringify(request.body.contents.at(-1)));
    expect(told).toEqual([
      matching(/MPA Rating.*MPAA Rating/),
      containing('computed'),
      containing('No connection'),
    ]);
    expect(await answer()).toMatchObject([
      { text: 'I give up.', editId: null, toolCalls: [{ ok: false }, { ok: false }, { ok: false }] },
    ]);
  });

  it('answers in words when the model refuses', async () => {
    standIn.script(gemini.refusal());
    const { turn, activities, answer } = await openTurn('rate them');
    await runChatTurn(activities, turn);
    expect(await answer()).toMatchObject([{ text: containing('would not answer') }]);
  });

  it('answers in words when the key is wrong, since trying again would not help', async () => {
    standIn.script(gemini.error(403));
    const { turn, activities, answer } = await openTurn('rate them');
    await runChatTurn(activities, turn);
    expect(await answer()).toMatchObject([{ text: containing('GEMINI_API_KEY') }]);
    expect(standIn.requests).toHaveLength(1);
  });

  it('gives a planner the earlier messages of the chat', async () => {
    const { turn, activities, turns } = await openTurn('first question');
    standIn.script(gemini.text('first answer'), gemini.text('second answer'));
    await runChatTurn(activities, turn);
    const chats = createChats({ db: test.db });
    const next = await test.db.tenant(workspaceId, (tx) =>
      chats.stageTurn(tx, { workspaceId, chatId: turn.chatId, userId: 'usr_1', text: 'second question' }),
    );
    expect(await turns.startTurn(next)).toEqual({ position: 4 });
    await turns.askModel({ ...next, position: 4 }, live);
    expect(standIn.requests[1]?.body.contents.map((content) => content.parts[0]?.['text'])).toEqual([
      'first question',
      'first answer',
      'second question',
    ]);
  });
});

describe('what has completed is not done again', () => {
  /** A worker that dies: after the n-th activity, or in it before its result is known. */
  function dyingAt(activities: ChatTurnActivities, n: number): ChatTurnActivities {
    let left = n;
    const wrap =
      <I, O>(run: (input: I) => Promise<O>) =>
      async (input: I) => {
        const result = await run(input);
        if (left-- === 0) throw new Error('the worker dies');
        return result;
      };
    return {
      startTurn: wrap((i) => activities.startTurn(i)),
      askModel: wrap((i) => activities.askModel(i)),
      callOneTool: wrap((i) => activities.callOneTool(i)),
      finishTurn: wrap((i) => activities.finishTurn(i)),
    };
  }

  it.each([0, 1, 2, 3, 4, 5, 6])('when the worker dies after activity %i', async (n) => {
    standIn.script(
      gemini.calls({ name: 'list_bases', args: {} }, { name: 'describe_base', args: { baseId: BASE } }),
      proposes('MPAA Rating'),
      gemini.text('Done.'),
    );
    const { turn, activities, world, answer } = await openTurn('rate them');
    await expect(runChatTurn(dyingAt(activities, n), turn)).rejects.toThrow('the worker dies');
    const result = await runChatTurn(activities, turn);
    expect(standIn.requests).toHaveLength(3);
    expect(world.proposals).toHaveLength(1);
    expect(await answer()).toMatchObject([{ id: result.messageId, text: 'Done.' }]);
  });

  it('a proposal that is made again after a lost result has the same id', async () => {
    standIn.script(proposes('MPAA Rating'));
    const { turn, turns, world } = await openTurn('rate them');
    const { position } = await turns.startTurn(turn);
    await turns.askModel({ ...turn, position }, live);
    await turns.callOneTool({ ...turn, position, callIndex: 0 }, live);
    await test.db.tenant(workspaceId, (tx) =>
      tx.query('DELETE FROM transcript_entries WHERE turn_id = $1 AND position > $2', [
        turn.turnId,
        position,
      ]),
    );
    await turns.callOneTool({ ...turn, position, callIndex: 0 }, live);
    expect(new Set(world.proposals.map((proposal) => proposal.editId)).size).toBe(1);
  });

  it('a model that is overloaded is asked again, by whoever called', async () => {
    standIn.script(gemini.rateLimit('2s'), gemini.error(503), gemini.text('At last.'));
    const { turn, turns } = await openTurn('rate them');
    const { position } = await turns.startTurn(turn);
    const askModel = () => turns.askModel({ ...turn, position }, live);
    await expect(askModel()).rejects.toMatchObject({ kind: 'LimitReached', retryAfterMs: 2_000 });
    await expect(askModel()).rejects.toMatchObject({ kind: 'Unavailable' });
    expect(await askModel()).toEqual({ calls: [], done: true });
  });
});

describe('a turn has limits', () => {
  const usage = { inputTokens: 10, outputTokens: 0, costMicroUsd: 10 };
  const calling = (n: number): Planner => ({
    name: 'restless',
    next: async (entries) => ({
      calls: Array.from({ length: n }, (_, i) => ({
        id: `${entries.length}.${i}`,
        name: 'list_bases',
        args: {},
      })),
      usage,
    }),
  });
  const limits = { ...TURN_LIMITS, modelCalls: 3 };
  const late = () => {
    let hour = 0;
    return { now: () => new Date(Date.UTC(2026, 0, 1, hour++)) };
  };

  it.each([
    ['model calls', { planner: calling(1), limits }, 'more than 3 model calls'],
    ['tool calls', { planner: calling(2), limits: { ...limits, toolCalls: 3 } }, 'more than 3 tool calls'],
    ['tool calls at once', { planner: calling(1_000), limits }, 'more than 40 tool calls'],
    ['tokens', { planner: calling(1), limits: { ...limits, tokens: 20 } }, '20 tokens'],
    ['money', { planner: calling(1), limits: { ...limits, costMicroUsd: 10 } }, 'US dollars'],
    ['time', { planner: calling(1), clock: late() }, 'longer than 5 minutes'],
  ])('of %s', async (_what, options, said) => {
    const { turn, activities, answer } = await openTurn('go on', options);
    await runChatTurn(activities, turn);
    expect(await answer()).toMatchObject([{ text: containing(said) }]);
  });

  it('of time for a planner that never answers', async () => {
    const silent: Planner = {
      name: 'silent',
      next: (_entries, _tools, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('aborted'))),
        ),
    };
    const { turn, activities, answer } = await openTurn('go on', {
      planner: silent,
      limits: { ...limits, wallTimeMs: 200 },
    });
    await runChatTurn(activities, turn);
    expect(await answer()).toMatchObject([{ text: containing('took too long') }]);
  });
});

describe('a turn that is given up', () => {
  it('says so once, and an attempt that wakes later calls neither model nor tool', async () => {
    standIn.script(proposes('MPAA Rating'));
    const { turn, turns, world, answer } = await openTurn('rate them');
    const { position } = await turns.startTurn(turn);
    await turns.askModel({ ...turn, position }, live);
    await turns.abandonTurn(turn);
    await turns.abandonTurn(turn);
    const over: Partial<SagatableError> = { kind: 'Conflict', code: 'turn_over' };
    await expect(turns.callOneTool({ ...turn, position, callIndex: 0 }, live)).rejects.toMatchObject(over);
    await expect(turns.askModel({ ...turn, position: position + 1 }, live)).rejects.toMatchObject(over);
    expect(world.proposals).toEqual([]);
    expect(standIn.requests).toHaveLength(1);
    expect(await answer()).toMatchObject([{ text: containing('could not finish') }]);
  });

  it('by a cancellation stores nothing of the call that was cut short', async () => {
    standIn.script(gemini.slow());
    const { turn, turns } = await openTurn('rate them');
    const { position } = await turns.startTurn(turn);
    const stop = new AbortController();
    const pending = turns.askModel({ ...turn, position }, { ...live, signal: stop.signal });
    await pollUntil('the model is asked', async () => standIn.requests.length === 1);
    stop.abort(new Error('cancelled'));
    await expect(pending).rejects.toThrow('cancelled');
    standIn.script(gemini.text('Here I am.'));
    expect(await turns.askModel({ ...turn, position }, live)).toEqual({ calls: [], done: true });
  });

  it('because of a fault of our own is not stored either, and can be tried again', async () => {
    standIn.script(gemini.calls({ name: 'list_bases', args: {} }));
    let broken = true;
    const world = createFilmsWorld();
    const tools = {
      ...world.services,
      connections: {
        list: (id: string) =>
          broken ? Promise.reject(new Error('no database')) : world.services.connections.list(id),
      },
    };
    const { turn, turns } = await openTurn('rate them', { tools });
    const { position } = await turns.startTurn(turn);
    await turns.askModel({ ...turn, position }, live);
    const callTool = (ref: ChatTurnRef) => turns.callOneTool({ ...ref, position, callIndex: 0 }, live);
    await expect(callTool(turn)).rejects.toThrow('no database');
    broken = false;
    expect(await callTool(turn)).toEqual({ ok: true });
  });
});
