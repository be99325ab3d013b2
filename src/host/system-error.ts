/** The code of a system error such as `ENOENT`, or an empty string. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code;
  // Several addresses were tried; they nearly always fail alike.
  return 'errors' in error && Array.isArray(error.errors) ? codeOf(error.errors[0]) : '';
}
