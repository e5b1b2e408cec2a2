/** Says of an object, or of all in a namespace, that nothing here may touch it: `"true"`. */
export const protectedAnnotation = 'fixpoint.dev/protected';
