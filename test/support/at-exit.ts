const pending = new Set<() => void>();

function doAll(): void {
  for (const work of [...pending].toReversed()) work();
}

/** Has this done when this process exits, the latest first, unless the answer is called before; one listener serves all. */
export function atExit(work: () => void): () => void {
  if (pending.size === 0) process.once('exit', doAll);
  pending.add(work);
  return () => {
    pending.delete(work);
    if (pending.size === 0) process.off('exit', doAll);
  };
}
