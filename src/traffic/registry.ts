import type { Scripts } from '../host/contract.js';
import type { ScriptTraffic } from '../plan/plan.js';
import type { TrafficDriver } from './contract.js';
import { createScriptTraffic } from './run.js';

interface Tools {
  readonly scripts: Scripts;
  readonly env: () => Readonly<Record<string, string>>;
}

/** Every way to move traffic, by the kind that the plan gives it. */
export const trafficProviders = {
  run: (traffic: ScriptTraffic, tools: Tools) => createScriptTraffic({ traffic, ...tools }),
} satisfies Record<ScriptTraffic['kind'], (traffic: ScriptTraffic, tools: Tools) => TrafficDriver>;

/** The driver for the plan's way to move traffic. */
export function createTraffic(traffic: ScriptTraffic, tools: Tools): TrafficDriver {
  return trafficProviders[traffic.kind](traffic, tools);
}
