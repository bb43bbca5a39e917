import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedCall {
  readonly name: string;
  /** As the model would write them: maps are lists of name and value. */
  readonly args: Record<string, unknown>;
  readonly id?: string;
  readonly thoughtSignature?: string;
}

/** One answer of the stand-in, as it goes over the wire. */
export type Scripted =
  | { readonly kind: 'body'; readonly body: unknown }
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly message: string;
      readonly details?: readonly unknown[];
    }
  | { readonly kind: 'garbage'; readonly text: string }
  | { readonly kind: 'slow' }
  | { readonly kind: 'hangUp' };

const usageMetadata = {
  promptTokenCount: 1_000,
  candidatesTokenCount: 80,
  thoughtsTokenCount: 20,
  totalTokenCount: 1_100,
};
const candidate = (parts: unknown[], finishReason: string): Scripted => ({
  kind: 'body',
  body: {
    candidates: [{ index: 0, content: { role: 'model', parts }, finishReason }],
    usageMetadata,
    modelVersion: 'stand-in',
  },
});

/** What scripts are made of. */
export const gemini = {
  text: (text: string, finishReason = 'STOP') => candidate([{ text }], finishReason),
  calls: (...calls: readonly ScriptedCall[]) =>
    candidate(
      calls.map(({ thoughtSignature, ...functionCall }) => ({
        functionCall,
        ...(thoughtSignature !== undefined && { thoughtSignature }),
      })),
      'STOP',
    ),
  parts: (parts: unknown[], finishReason = 'STOP') => candidate(parts, finishReason),
  refusal: (finishReason = 'SAFETY'): Scripted => ({
    kind: 'body',
    body: { candidates: [{ index: 0, finishReason }], usageMetadata },
  }),
  blockedPrompt: (blockReason = 'PROHIBITED_CONTENT'): Scripted => ({
    kind: 'body',
    body: {
      promptFeedback: { blockReason },
      usageMetadata: { promptTokenCount: 1_000, totalTokenCount: 1_000 },
    },
  }),
  body: (body: unknown): Scripted => ({ kind: 'body', body }),
  error: (status: number, message = 'upstream says so', details: readonly unknown[] = []): Scripted => ({
    kind: 'error',
    status,
    message,
    details,
  }),
  rateLimit: (retryDelay: string): Scripted =>
    gemini.error(429, 'quota', [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }]),
  garbage: (text = '<html>oops</html>'): Scripted => ({ kind: 'garbage', text }),
  /** Never answers; the connection stays open until the stand-in stops. */
  slow: (): Scripted => ({ kind: 'slow' }),
  hangUp: (): Scripted => ({ kind: 'hangUp' }),
};

export interface RecordedRequest {
  readonly path: string;
  readonly key: string | undefined;
  readonly body: {
    readonly contents: { readonly role: string; readonly parts: Record<string, unknown>[] }[];
    readonly systemInstruction?: unknown;
    readonly tools?: {
      readonly functionDeclarations: { readonly name: string; readonly parameters?: unknown }[];
    }[];
  };
}

export interface GeminiStandIn {
  readonly url: string;
  readonly requests: RecordedRequest[];
  /** Answers to come, in order; a request too many gets a 500. */
  script(...answers: readonly Scripted[]): void;
  stop(): Promise<void>;
}

/** Speaks generativelanguage's wire format on a port of its own: POST /v1beta/models/<model>:generateContent. */
export async function startGeminiStandIn(): Promise<GeminiStandIn> {
  const requests: RecordedRequest[] = [];
  let answers: Scripted[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((text) => {
      const key = request.headers['x-goog-api-key'];
      requests.push({
        path: `${request.method} ${request.url}`,
        key: typeof key === 'string' ? key : undefined,
        body: JSON.parse(text) as RecordedRequest['body'],
      });
      const known = /^\/v1beta\/models\/[\w.-]+:generateContent$/.test(request.url ?? '');
      send(
        response,
        known ? (answers.shift() ?? gemini.error(500, 'the script is at its end')) : gemini.error(404),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    script(...more) {
      answers = [...more];
      requests.length = 0;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, answer: Scripted): void {
  const json = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  switch (answer.kind) {
    case 'body':
      return json(200, answer.body);
    case 'error':
      return json(answer.status, {
        error: { code: answer.status, message: answer.message, status: 'X', details: answer.details },
      });
    case 'garbage':
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer.text);
      return;
    case 'hangUp':
      response.destroy();
      return;
    case 'slow':
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
