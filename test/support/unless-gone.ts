/** Tidying up may find that a thing ended by itself. */
export async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Error) || !/not ?found|already completed/i.test(`${error.name} ${error.message}`))
      throw error;
  }
}
