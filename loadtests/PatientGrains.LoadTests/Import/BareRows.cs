using System.Collections.Concurrent;
using System.Security.Cryptography;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Import;

/// <summary>
/// The floor of a request that is durable before it is answered: bytes of the same size, one row each, by one writer that commits whatever
/// waits; scanned, compressed, sealed and hashed before when it is asked for.
/// </summary>
internal sealed class BareRows : IAsyncDisposable
{
    private readonly StoreFolder _folder;
    private readonly Func<long, byte[]> _body;
    private readonly bool _seals;
    private readonly ThreadLocal<AesGcm> _aes = new(() => new AesGcm(RandomNumberGenerator.GetBytes(32), 16), trackAllValues: true);
    private readonly BlockingCollection<(byte[] Row, TaskCompletionSource Durable)> _queue = [];
    private readonly Task _writer;

    public BareRows(Settings settings, bool seals, Func<long, byte[]> body)
    {
        (_folder, _seals, _body) = (new StoreFolder(settings), seals, body);
        _writer = Task.Factory.StartNew(Write, TaskCreationOptions.LongRunning);
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        byte[] row = _body(arrival.Number);
        if (_seals)
        {
            Floor.Read(row);
            row = Floor.Seal(_aes.Value!, row);
        }
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add((row, durable));
        await durable.Task;
        return Done.One;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.CompleteAdding();
        await _writer;
        _queue.Dispose();
        foreach (var aes in _aes.Values)
            aes.Dispose();
        _aes.Dispose();
        _folder.Dispose();
    }

    private void Write()
    {
        using var rows = new RowWriter(_folder.Path);
        var group = new List<TaskCompletionSource>();
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            rows.Begin();
            for (var next = first; ; )
            {
                rows.Insert(next.Row);
                group.Add(next.Durable);
                if (!_queue.TryTake(out next))
                    break;
            }
            rows.Commit();
            group.ForEach(durable => durable.SetResult());
            group.Clear();
        }
    }
}
