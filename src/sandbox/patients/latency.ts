/** How long the requests of one moment take: log-normal, `median` in seconds, `spread` as standard deviation of the logarithm. */
export interface LatencyShape {
  readonly median: number;
  readonly spread: number;
}

/** The share of requests that take at most `seconds`. */
export function shareWithin(shape: LatencyShape, seconds: number): number {
  return standardNormal(Math.log(seconds / shape.median) / shape.spread);
}

export function meanSeconds(shape: LatencyShape): number {
  return shape.median * Math.exp(shape.spread ** 2 / 2);
}

/** The normal distribution function (Abramowitz and Stegun 26.2.17; off by less than 1e-7). */
function standardNormal(z: number): number {
  const t = 1 / (1 + 0.231_641_9 * Math.abs(z));
  const polynomial = t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  const tail = (Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
  return z >= 0 ? 1 - tail : tail;
}
