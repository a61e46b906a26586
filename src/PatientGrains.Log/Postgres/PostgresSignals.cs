using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace PatientGrains.Log.Postgres;

/// <summary>
/// Tells those who wait what this process appended, and what others did: a connection of its own listens for notifications. They are sent
/// after the commit, not in it: a transaction that notifies keeps all others that do from committing while it syncs. So one may be missing,
/// when its sender died or the connection was lost; therefore the tables are looked at when the connection stands again, and now and then.
/// </summary>
internal sealed class PostgresSignals : IAsyncDisposable
{
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromMilliseconds(250);

    private readonly PostgresConnections _connections;
    private readonly PostgresLogOptions _options;
    private readonly string _channel;
    private readonly CancellationTokenSource _closing = new();
    private readonly Dictionary<byte, long> _heads = [];
    private readonly Lock _lock = new();
    private readonly string _self = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _listening;
    private Dictionary<byte, long> _toTell = [];
    private long _earliest = long.MaxValue;
    private Task _telling = Task.CompletedTask;
    private bool _isTelling;

    public PostgresSignals(PostgresConnections connections, PostgresLogOptions options, string storeId)
    {
        (_connections, _options, _channel) = (connections, options, "patientgrains_" + storeId);
        _listening = Task.Run(Listen);
    }

    public LogSignals Local { get; } = new();

    /// <summary>Completes when notifications are heard.</summary>
    public Task Ready => _ready.Task;

    /// <summary>A group is durable.</summary>
    public void Tell(PostgresGroup group, List<(byte Feed, long Head)> moved)
    {
        long earliest = long.MaxValue;
        foreach (var change in group.Accepted.SelectMany(append => append.Batch.Due))
            earliest = Math.Min(earliest, change.At is { } at ? Micros.Up(at) : long.MaxValue);
        foreach (var (feed, head) in moved)
        {
            Telemetry.FeedMoved(feed, head);
            Moved(feed, head);
        }
        if (earliest != long.MaxValue)
            Local.DueWasSet(earliest);
        if (moved.Count > 0 || earliest != long.MaxValue)
            TellOthers(moved, earliest);
    }

    private void TellOthers(List<(byte Feed, long Head)> moved, long earliest)
    {
        lock (_lock)
        {
            foreach (var (feed, head) in moved)
                _toTell[feed] = Math.Max(head, _toTell.GetValueOrDefault(feed));
            _earliest = Math.Min(_earliest, earliest);
            if (_isTelling)
                return;
            _isTelling = true;
            _telling = Task.Run(Notify);
        }
    }

    /// <summary>One at a time; what comes meanwhile goes with the next.</summary>
    private async Task Notify()
    {
        while (TakePayload() is { } payload)
        {
            try
            {
                await using var connection = await _connections.Open(_closing.Token).ConfigureAwait(false);
                await PostgresReads.All(connection, "SELECT pg_notify($1, $2)", _closing.Token, _ => 0, _channel, payload)
                    .ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresConnections.IsOfServer(e) || e is OperationCanceledException)
            {
                // The others look by themselves.
                if (PostgresConnections.IsLost(e))
                    _connections.Clear();
            }
        }
    }

    /// <summary>Who tells, feeds with their heads, and the earliest due time: <c>from 0a1b,1=17,2=4,due=1763812800000000</c>.</summary>
    private string? TakePayload()
    {
        lock (_lock)
        {
            var parts = _toTell.Select(feed => string.Create(CultureInfo.InvariantCulture, $"{feed.Key}={feed.Value}")).ToList();
            if (_earliest != long.MaxValue)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"due={_earliest}"));
            (_toTell, _earliest) = ([], long.MaxValue);
            _isTelling = parts.Count > 0;
            return _isTelling ? string.Join(',', parts.Prepend("from " + _self)) : null;
        }
    }

    private async Task Listen()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _connections.OpenOwn(_closing.Token).ConfigureAwait(false);
                connection.Notification += (_, told) => Hear(told.Payload);
                await PostgresReads.All(connection, $"LISTEN {_channel}", _closing.Token, _ => 0).ConfigureAwait(false);
                // What was set while nobody listened is not known: whoever waits shall look.
                if (!_ready.TrySetResult())
                    Local.DueWasSet(long.MinValue);
                for (long looked = 0; ; await connection.WaitAsync(_options.LookEvery, _closing.Token).ConfigureAwait(false))
                {
                    if (looked != 0 && Stopwatch.GetElapsedTime(looked) < _options.LookEvery)
                        continue;
                    await Look(connection).ConfigureAwait(false);
                    looked = Stopwatch.GetTimestamp();
                }
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                return;
            }
            // Whatever it was: nobody sees this task end, and then those who wait for a line of another process would wait for good.
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                await Task.Delay(ReconnectAfter, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Hear(string payload)
    {
        string[] parts = payload.Split(',');
        if (parts[0].EndsWith(_self, StringComparison.Ordinal))
            return;
        foreach (string part in parts)
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !long.TryParse(part.AsSpan(equals + 1), CultureInfo.InvariantCulture, out long value))
                continue;
            if (byte.TryParse(part.AsSpan(0, equals), CultureInfo.InvariantCulture, out byte feed))
                Moved(feed, value);
            else
                Local.DueWasSet(value);
        }
    }

    /// <summary>Whoever begins to wait afterwards finds this head in the table, so each is told once.</summary>
    private void Moved(byte feed, long head)
    {
        lock (_lock)
        {
            if (head <= _heads.GetValueOrDefault(feed))
                return;
            _heads[feed] = head;
        }
        Local.FeedMoved(feed, head);
    }

    private async Task Look(NpgsqlConnection connection)
    {
        var heads = await PostgresReads.All(connection, $"SELECT feed, head FROM {_options.Schema}.feed_heads", _closing.Token,
            row => ((byte)row.GetInt16(0), row.GetInt64(1))).ConfigureAwait(false);
        foreach (var (feed, head) in heads)
            Moved(feed, head);
        var due = await PostgresReads.All(connection, $"SELECT min(at) FROM {_options.Schema}.due", _closing.Token,
            row => row.IsDBNull(0) ? long.MaxValue : row.GetInt64(0)).ConfigureAwait(false);
        Local.DueWasSet(due[0]);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
