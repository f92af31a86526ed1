/** What is thrown when the time is up. */
export class DeadlinePassed extends Error {
  override readonly name = "DeadlinePassed";
}

/** What the work comes to, if it does so in time; it goes on without anybody listening otherwise. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new DeadlinePassed()), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
