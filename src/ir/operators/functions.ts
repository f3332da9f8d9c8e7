/** Scalar functions in float64 that several operators share. Equations are those of the ONNX operators of the same name. */

/** 1 / (1 + e^-x), without overflow for large |x|. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** log(1 + e^x), without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** max(0, min(1, alpha * x + beta)) */
export function hardSigmoid(x: number, alpha: number, beta: number): number {
  return Math.max(0, Math.min(1, alpha * x + beta));
}

/** x for x >= 0, else alpha * (e^x - 1) */
export function elu(x: number, alpha: number): number {
  return x < 0 ? alpha * Math.expm1(x) : x;
}

/** x moved towards 0 by `bias` where |x| > lambda, else 0 */
export function shrunk(x: number, lambda: number, bias: number): number {
  if (x < -lambda) return x + bias;
  return x > lambda ? x - bias : 0;
}

/** x * tanh(softplus(x)) */
export function mish(x: number): number {
  return x * Math.tanh(softplus(x));
}

/**
 * The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x, to about 1e-15.
 * @see Abramowitz and Stegun 7.1.6 (series, |x| < 2.5) and 7.1.14 (continued fraction of erfc beyond)
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = a;
  for (let n = 60; n >= 1; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (fraction * Math.sqrt(Math.PI)));
}

/** 0.5 x (1 + erf(x / sqrt 2)) */
export function geluErf(x: number): number {
  return 0.5 * x * (1 + erf(x * Math.SQRT1_2));
}

/** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) */
export function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
