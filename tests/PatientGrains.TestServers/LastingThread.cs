using System.Collections.Concurrent;

namespace PatientGrains.TestServers;

/// <summary>
/// A thread that lives as long as the process. A child asks the kernel to be killed with its parent, and takes the thread that started it
/// for its parent (prctl(2), PR_SET_PDEATHSIG): a thread of the pool may end early, and the server with it.
/// </summary>
internal static class LastingThread
{
    private static readonly BlockingCollection<Action> Work = Begin();

    private static BlockingCollection<Action> Begin()
    {
        var work = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var next in work.GetConsumingEnumerable())
                next();
        })
        { IsBackground = true, Name = "parent of test servers" }.Start();
        return work;
    }

    public static Task<T> Run<T>(Func<T> what)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                done.SetResult(what());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }
}
