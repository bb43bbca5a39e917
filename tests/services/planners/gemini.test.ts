import { createPlanner, describePlanner } from '../../../services/planners/choose';
import { createGeminiPlanner } from '../../../services/planners/gemini';
import type { PlannerTool, TranscriptEntry } from '../../../services/planners/planner';
import { listTools } from '../../../services/tools/client';
import { createToolServer } from '../../../services/tools/server';
import { gemini, startGeminiStandIn, type GeminiStandIn } from '../../support/gemini-standin';
import { BASE, createFilmsWorld } from '../tools/films-world';

const containing = (part: string): unknown => expect.stringContaining(part);

const KEY = 'AIza-very-secret-key';
const MODEL = 'gemini-2.5-flash';
const opening: TranscriptEntry[] = [
  { kind: 'system', text: 'the rules', baseId: BASE, startedAt: '2026-01-01T00:00:00.000Z' },
  { kind: 'user', text: 'an earlier question' },
  { kind: 'assistant', text: 'an earlier answer' },
  { kind: 'user', text: 'rate the unrated films' },
];
let standIn: GeminiStandIn;
let tools: PlannerTool[];

beforeAll(async () => {
  standIn = await startGeminiStandIn();
  const context = { workspaceId: 'ws_1', userId: 'usr_1', planner: null, chatId: null, turnId: null };
  tools = await listTools(createToolServer(createFilmsWorld().services, context));
});
afterAll(() => standIn.stop());

function ask(entries = opening, signal = new AbortController().signal, timeoutMs = 5_000) {
  return createGeminiPlanner({ apiKey: KEY, baseUrl: standIn.url, model: MODEL, timeoutMs }).next(
    entries,
    tools,
    signal,
  );
}

describe('a request to Gemini', () => {
  it('carries rules, conversation, tools and the key in a header only', async () => {
    standIn.script(gemini.text('hello'));
    await ask();
    const [request] = standIn.requests;
    expect(request).toMatchObject({
      path: `POST /v1beta/models/${MODEL}:generateContent`,
      key: KEY,
      body: {
        contents: [
          { role: 'user', parts: [{ text: 'an earlier question' }] },
          { role: 'model', parts: [{ text: 'an earlier answer' }] },
          { role: 'user', parts: [{ text: 'rate the unrated films' }] },
        ],
      },
    });
    expect(JSON.stringify(request?.body.systemInstruction)).toContain('the rules');
    expect(JSON.stringify(request?.body)).not.toContain(KEY);
  });

  it('declares the tools in the part of JSON Schema that Gemini takes', async () => {
    standIn.script(gemini.text('hello'));
    await ask();
    const declared = standIn.requests[0]?.body.tools?.[0]?.functionDeclarations ?? [];
    expect(declared.map((tool) => tool.name)).toEqual(tools.map((tool) => tool.name));
    expect(declared[0]).not.toHaveProperty('parameters');
    const text = JSON.stringify(declared);
    for (const word of [
      'additionalProperties',
      '$ref',
      'oneOf',
      'const"',
      'pattern',
      '$schema',
      'propertyNames',
    ])
      expect(text).not.toContain(word);
    const inside = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      if ('type' in node && node.type === 'object')
        expect(Object.keys('properties' in node ? (node.properties as object) : {})).not.toHaveLength(0);
      for (const part of Object.values(node)) inside(part);
    };
    inside(declared.map((tool) => tool.parameters));
  });
});

describe('an answer of Gemini', () => {
  it('is text, with tokens and cost', async () => {
    standIn.script(gemini.text('hello'));
    expect(await ask()).toMatchObject({
      text: 'hello',
      calls: [],
      // 1,000 × 0.30 + 100 × 2.50 millionths of a dollar; thinking counts as output
      usage: { inputTokens: 1_000, outputTokens: 100, costMicroUsd: 550 },
    });
  });

  it('is a call, whose maps are put together again', async () => {
    const cells = [
      { name: 'MPAA Rating', value: 'Not Rated' },
      { name: 'Age', value: null },
    ];
    const args = {
      baseId: BASE,
      rules: [{ kind: 'set', table: 'Films', where: '{MPAA Rating} = BLANK()', cells }],
    };
    standIn.script(gemini.calls({ name: 'propose_edit', args }));
    const move = await ask();
    expect(move.calls).toEqual([
      {
        id: '0.0',
        name: 'propose_edit',
        args: { ...args, rules: [{ ...args.rules[0], cells: { 'MPAA Rating': 'Not Rated', Age: null } }] },
      },
    ]);
  });

  it('is several calls, and what came goes back as it came, thought signatures and all', async () => {
    const parts = [
      { text: 'thinking', thought: true },
      { text: 'Let me look.' },
      { functionCall: { name: 'list_bases', args: {}, id: 'a' }, thoughtSignature: 'c2ln' },
      { functionCall: { name: 'describe_base', args: { baseId: BASE }, id: 'b' } },
    ];
    standIn.script(gemini.parts(parts), gemini.text('done'));
    const move = await ask();
    expect(move).toMatchObject({
      text: 'Let me look.',
      calls: [
        { id: '0.0', name: 'list_bases' },
        { id: '0.1', name: 'describe_base' },
      ],
    });
    await ask([
      ...opening,
      { kind: 'move', planner: 'gemini', move },
      { kind: 'result', callId: '0.0', name: 'list_bases', ok: true, result: { bases: [] } },
      {
        kind: 'result',
        callId: '0.1',
        name: 'describe_base',
        ok: false,
        result: { error: 'no such base', code: 'unknown_base' },
      },
    ]);
    expect(standIn.requests[1]?.body.contents.slice(3)).toEqual([
      { role: 'model', parts },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'a', name: 'list_bases', response: { output: { bases: [] } } } },
          {
            functionResponse: {
              id: 'b',
              name: 'describe_base',
              response: { error: { error: 'no such base', code: 'unknown_base' } },
            },
          },
        ],
      },
    ]);
  });

  it.each([
    ['an answer', gemini.refusal('SAFETY'), { reason: 'SAFETY', stage: 'answer' }],
    ['a recitation', gemini.text('half an ans', 'RECITATION'), { reason: 'RECITATION', stage: 'answer' }],
    ['a prompt', gemini.blockedPrompt(), { reason: 'PROHIBITED_CONTENT', stage: 'prompt' }],
  ])('is a refusal of %s, which is told and not tried again', async (_what, answer, refusal) => {
    standIn.script(answer);
    const move = await ask();
    expect(move).toMatchObject({ calls: [], refusal });
    expect(move.text).toBeUndefined();
  });

  it('that was cut off says so', async () => {
    standIn.script(gemini.text('half an ans', 'MAX_TOKENS'));
    expect((await ask()).text).toBe('half an ans … (cut off)');
  });
});

describe('a failure of Gemini', () => {
  const quota = {
    '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
    violations: [{ quotaId: 'GenerateRequestsPerDayPerProject' }],
  };
  const badKey = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' };

  it.each([
    [
      '429 with a time',
      gemini.rateLimit('17.5s'),
      { kind: 'LimitReached', code: 'model_rate', retryAfterMs: 17_500, retryable: true },
    ],
    [
      '429 without one',
      gemini.error(429),
      { kind: 'LimitReached', retryAfterMs: undefined, retryable: true },
    ],
    [
      '429 for the day',
      gemini.error(429, 'x', [quota]),
      { kind: 'LimitReached', code: 'model_quota', retryable: false },
    ],
    ['500', gemini.error(500), { kind: 'Unavailable', code: 'model_unavailable', retryable: true }],
    ['503', gemini.error(503), { kind: 'Unavailable', code: 'model_unavailable', retryable: true }],
    [
      '400',
      gemini.error(400, `bad ${KEY}`),
      { kind: 'InvalidInput', code: 'model_request', retryable: false },
    ],
    [
      '400 for the key',
      gemini.error(400, `API key ${KEY} not valid`, [badKey]),
      { kind: 'Forbidden', code: 'model_key', retryable: false },
    ],
    ['401', gemini.error(401), { kind: 'Forbidden', code: 'model_key' }],
    ['403', gemini.error(403), { kind: 'Forbidden', code: 'model_key' }],
    ['404', gemini.error(404), { kind: 'InvalidInput', code: 'unknown_model' }],
    ['a hang-up', gemini.hangUp(), { kind: 'Unavailable', code: 'model_unreachable', retryable: true }],
    ['no JSON', gemini.garbage(), { kind: 'Upstream', code: 'model_answer', retryable: true }],
    ['JSON of another kind', gemini.body([1, 2]), { kind: 'Upstream', code: 'model_answer' }],
    ['no candidate', gemini.body({}), { kind: 'Upstream', code: 'model_answer' }],
    [
      'a malformed call',
      gemini.parts([], 'MALFORMED_FUNCTION_CALL'),
      { kind: 'Upstream', code: 'model_answer', retryable: true },
    ],
  ])('%s', async (_what, answer, expected) => {
    standIn.script(answer);
    const error: unknown = await ask().catch((e: unknown) => e);
    expect(error).toMatchObject(expected);
    const everything =
      error instanceof Error ? `${error.stack} ${JSON.stringify({ ...error })} ${String(error.cause)}` : '';
    expect(everything).not.toContain(KEY);
    expect(everything).not.toContain('upstream says so');
    expect(standIn.requests).toHaveLength(1);
  });

  it('is to be silent for longer than allowed', async () => {
    standIn.script(gemini.slow());
    await expect(ask(opening, new AbortController().signal, 50)).rejects.toMatchObject({
      kind: 'Unavailable',
      code: 'model_timeout',
    });
  });

  it('is not an abort by the caller, who gets back their own reason', async () => {
    standIn.script(gemini.slow());
    const stop = new AbortController();
    const pending = ask(opening, stop.signal);
    setImmediate(() => stop.abort(new Error('cancelled by the user')));
    await expect(pending).rejects.toThrow('cancelled by the user');
    await expect(ask(opening, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });
});

describe('the choice of a planner', () => {
  const gemini = { apiKey: KEY, baseUrl: 'http://127.0.0.1:1', model: MODEL };

  it('is Gemini when there is a key, and the commands language when there is none; and says why', () => {
    expect(createPlanner({ gemini }).name).toBe(`gemini:${MODEL}`);
    expect(describePlanner({ gemini })).toMatchObject({
      name: `gemini:${MODEL}`,
      text: containing('GEMINI_API_KEY is set'),
    });
    expect(JSON.stringify(describePlanner({ gemini }))).not.toContain(KEY);
    expect(createPlanner({ gemini: { ...gemini, apiKey: undefined } }).name).toBe('commands');
    expect(describePlanner({ gemini: { ...gemini, apiKey: undefined } }).text).toContain(
      'GEMINI_API_KEY is not set',
    );
  });
});
