import type { FaultKind } from '../fault-book.ts';
import type { Fault } from '../fault.ts';
import { safetyServices, safetyStreams, type SafetyService, type SafetyStream } from './platform.ts';

type Labels = Readonly<Record<string, string>>;

/** A fault of one thing among several, which a label names. */
interface FaultOf<T> {
  readonly isLasting: boolean;
  readonly onset: (thing: T) => void;
  readonly isCured: (thing: T, fault: Fault) => boolean;
}

const streams = Object.keys(safetyStreams) as readonly SafetyStream[];

/** The stream that the label `stream` names, `events:raw` where there is none; undefined for one that is not there. */
export function streamIn({ stream = 'events:raw' }: Labels): SafetyStream | undefined {
  return streams.find((name) => name === stream);
}

/** The service that the label `deployment` names, `embedding-context` where there is none; undefined for one that is not there. */
export function serviceIn({ deployment = 'embedding-context' }: Labels): SafetyService | undefined {
  return safetyServices.find((name) => name === deployment);
}

export function ofStream(fault: FaultOf<SafetyStream>): FaultKind {
  return labelled('stream', streamIn, fault);
}

export function ofService(fault: FaultOf<SafetyService>): FaultKind {
  return labelled('deployment', serviceIn, fault);
}

function labelled<T extends string>(
  label: string,
  find: (labels: Labels) => T | undefined,
  { isLasting, onset, isCured }: FaultOf<T>,
): FaultKind {
  const thingOf = ({ labels }: Fault): T => {
    const thing = find(labels);
    if (thing === undefined) throw new RangeError(`a fault without ${label}`);
    return thing;
  };
  return {
    isLasting,
    labels: (given) => {
      const thing = find(given);
      return thing === undefined ? undefined : { [label]: thing };
    },
    onset: (fault) => onset(thingOf(fault)),
    isCured: (fault) => isCured(thingOf(fault), fault),
  };
}
