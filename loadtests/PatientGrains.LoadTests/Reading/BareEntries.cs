using System.Collections.Concurrent;
using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Reading;

/// <summary>The floor of an audited read: as many callers have a row of the size of an access entry made durable, by one writer that
/// commits whatever waits.</summary>
internal sealed class BareEntries : IAsyncDisposable
{
    public const int EntryBytes = 300;

    private readonly StoreFolder _folder;
    private readonly BlockingCollection<TaskCompletionSource> _queue = [];
    private readonly Task _writer;

    public BareEntries(Settings settings)
    {
        _folder = new StoreFolder(settings);
        _writer = Task.Factory.StartNew(Write, TaskCreationOptions.LongRunning);
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(durable);
        await durable.Task;
        return Done.One;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.CompleteAdding();
        await _writer;
        _queue.Dispose();
        _folder.Dispose();
    }

    private void Write()
    {
        using var rows = new RowWriter(_folder.Path);
        var entry = new byte[EntryBytes];
        var group = new List<TaskCompletionSource>();
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            group.Add(first);
            while (_queue.TryTake(out var next))
                group.Add(next);
            rows.Begin();
            group.ForEach(_ => rows.Insert(entry));
            rows.Commit();
            group.ForEach(durable => durable.SetResult());
            group.Clear();
        }
    }
}
