import { FixpointError } from '../errors.ts';

/** Where a list of runs, newest first, goes on. */
export interface RunPlace {
  readonly createdAt: number;
  readonly id: string;
}

export function writeCursor({ createdAt, id }: RunPlace): string {
  return Buffer.from(`${createdAt} ${id}`).toString('base64url');
}

/** Throws `request.malformed` for what `writeCursor` has not written. */
export function readCursor(cursor: string): RunPlace {
  const match = /^(\d{1,15}(?:\.\d{1,9})?) (\S{1,200})$/.exec(Buffer.from(cursor, 'base64url').toString());
  const place = match?.[1] === undefined || match[2] === undefined ? undefined : { createdAt: Number(match[1]), id: match[2] };
  if (place === undefined || writeCursor(place) !== cursor) {
    throw new FixpointError('request.malformed', `cursor ${JSON.stringify(cursor.slice(0, 80))} is not one that was given out as "next"`);
  }
  return place;
}
