/** Whether the work ended because its caller was killed around a request; another failure is thrown on. */
export async function wasKilled(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    if (String(error).includes('killed')) return true;
    throw error;
  }
}
