/** Answers met at Airtable. Source: airtable-web-api facts, "Errors". */
export const ANSWERS = {
  rateLimited: {
    status: 429,
    body: { error: { type: 'RATE_LIMIT_REACHED', message: 'Rate limit exceeded. Please try again later' } },
  },
  rateLimitedList: {
    status: 429,
    body: {
      errors: [{ error: 'RATE_LIMIT_REACHED', message: 'Rate limit exceeded. Please try again later' }],
    },
  },
  billing: {
    status: 429,
    body: {
      error: { type: 'PUBLIC_API_BILLING_LIMIT_EXCEEDED', message: 'API billing plan limit exceeded.' },
    },
  },
  unauthorized: {
    status: 401,
    body: { error: { type: 'UNAUTHORIZED', message: 'Invalid authentication token' } },
  },
  forbidden: {
    status: 403,
    body: {
      error: {
        type: 'INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND',
        message: 'Invalid permissions, or the requested model was not found.',
      },
    },
  },
  notFound: { status: 404, body: { error: 'NOT_FOUND' } },
  error: { status: 500, body: { error: { type: 'SERVER_ERROR', message: 'oops' } } },
  badGateway: { status: 502, body: '<html>Bad Gateway</html>' },
  unavailable: { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'try again' } } },
  garbage: { status: 200, body: '<html>you are in a hotel</html>' },
} as const satisfies Record<string, { readonly status: number; readonly body: unknown }>;
