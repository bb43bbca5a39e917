/** `operations`: workflows and steps on our own stores. The others are bulkheads where the outside world has a limit. */
export const TASK_QUEUES = ['operations', 'airtable', 'models'] as const;
export type TaskQueue = (typeof TASK_QUEUES)[number];
