import { collectDefaultMetrics, Registry } from 'prom-client';
import type { AirtableGateway } from '../airtable/gateway';
import { addGatewayFigures } from './gateway-figures';

/** The figures of this process for Prometheus. They hold no secret, no id and no name of a tenant. */
export interface ProcessMetrics {
  readonly contentType: string;
  /** All figures as Prometheus' text. */
  render(): Promise<string>;
}

/** A registry of its own: the package's global one would be shared by everything in the process. */
export function createProcessMetrics(
  gateway: Pick<AirtableGateway, 'metrics' | 'endpoints' | 'pacing'>,
): ProcessMetrics {
  let registry: Registry | undefined;

  /** Node's own figures watch the event loop and the garbage collector: only where somebody asks for them. */
  function open(): Registry {
    const opened = new Registry();
    collectDefaultMetrics({ register: opened });
    addGatewayFigures(opened, gateway);
    return opened;
  }

  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    render: () => (registry ??= open()).metrics(),
  };
}
