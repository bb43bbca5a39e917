/** What a process's gateway counted since it was started, by the figure's name without `sagatable_gateway_`. */
export async function readFigures(metricsUrl: string): Promise<Record<string, number>> {
  const text = await (await fetch(metricsUrl)).text();
  const figures: Record<string, number> = {};
  for (const [, name, value] of text.matchAll(/^sagatable_gateway_(\w+)(?:\{[^}]*\})? (\S+)$/gm)) {
    if (name !== undefined) figures[name] = Number(value);
  }
  return figures;
}
