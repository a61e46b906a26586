using Npgsql;

namespace PatientGrains.Log.Postgres;

/// <summary>Where a log stood at some time.</summary>
/// <param name="No">Its number; 0 when it was not there.</param>
/// <param name="Head">Its head.</param>
/// <param name="Voids">Void commits at the head's event, after its last event: the rest of the next commit's place.</param>
/// <param name="Erased">Whether it was erased.</param>
internal readonly record struct Known(long No, Head Head, int Voids, bool Erased)
{
    public Known After(SealedCommit commit) => this with { Head = commit.End, Voids = commit.Count == 0 ? Voids + 1 : 0 };
}

/// <summary>
/// What this process remembers of heads. Any of it may be out of date, since other processes write too: an append that builds on a
/// remembered head is tried, and the fence decides; an append that builds on another head is not refused before the head was read anew.
/// <para>The fence holds as long as nothing that was committed goes away. A server that takes over from another one, or one that was
/// brought back from a backup, may know less; but it has no connections yet. So whatever was remembered is forgotten when a connection is
/// made.</para>
/// </summary>
internal sealed class PostgresHeads(string schema, Func<int> renewals)
{
    /// <summary>Heads in each of two generations: about 30 MB in all. A head that is not cached costs a look-up per group.</summary>
    private const int HeadsPerGeneration = 100_000;

    private readonly string _lookUp = $"""
        SELECT l.id, l.no, c.seq, c.count, c.voids, c.hash, length(l.wrapped)=0
        FROM unnest($1::uuid[]) AS u(id) JOIN {schema}.logs l ON l.id=u.id {PostgresReads.LastCommit(schema)}
        """;
    private readonly string _takeNumbers = $"SELECT nextval('{schema}.log_numbers')";
    private readonly Lock _lock = new();
    private Dictionary<LogId, Known> _young = [];
    private Dictionary<LogId, Known> _old = [];
    private int _renewal;
    private long _nextNumber;
    private long _endOfNumbers;

    public bool TryGet(LogId log, out Known known)
    {
        lock (_lock)
        {
            ForgetRenewed();
            return _young.TryGetValue(log, out known) || _old.TryGetValue(log, out known);
        }
    }

    /// <param name="heads">Heads that became durable.</param>
    /// <param name="renewal">What <see cref="Renewal"/> was before their transaction began.</param>
    public void Remember(IEnumerable<KeyValuePair<LogId, Known>> heads, int renewal)
    {
        lock (_lock)
        {
            ForgetRenewed();
            if (renewal != _renewal)
                return;
            foreach (var (log, known) in heads)
            {
                if (_young.Count >= HeadsPerGeneration)
                    (_old, _young) = (_young, []);
                _young[log] = known;
            }
        }
    }

    /// <summary>The age of what is remembered.</summary>
    public int Renewal => renewals();

    private void ForgetRenewed()
    {
        int now = renewals();
        if (now == _renewal)
            return;
        _renewal = now;
        _young = [];
        _old = [];
    }

    public void Forget(IEnumerable<LogId> logs)
    {
        lock (_lock)
        {
            foreach (var log in logs)
            {
                _young.Remove(log);
                _old.Remove(log);
            }
        }
    }

    /// <summary>How logs stand now; one that is not there is left out.</summary>
    public async Task<Dictionary<LogId, Known>> LookUp(NpgsqlConnection connection, IReadOnlyCollection<LogId> logs)
    {
        var found = await PostgresReads.All(connection, _lookUp, default, row =>
        {
            int count = row.GetInt32(3);
            var head = new Head(row.GetInt64(2) + count, PostgresReads.Hash(row, 5));
            return KeyValuePair.Create(
                Uuid.Log(row.GetGuid(0)), new Known(row.GetInt64(1), head, count == 0 ? row.GetInt32(4) + 1 : 0, row.GetBoolean(6)));
        }, logs.Select(Uuid.Of).ToArray()).ConfigureAwait(false);
        return new(found);
    }

    /// <summary>A number for a new log, from a block of them that this process took; one that is not used is lost.</summary>
    public async ValueTask<long> NextNumber(NpgsqlConnection connection)
    {
        if (TryNextNumber() is { } number)
            return number;
        var block = await PostgresReads.All(connection, _takeNumbers, default, row => row.GetInt64(0)).ConfigureAwait(false);
        lock (_lock)
            (_nextNumber, _endOfNumbers) = (block[0], block[0] + PostgresSchema.NumbersPerBlock);
        return TryNextNumber() ?? await NextNumber(connection).ConfigureAwait(false);
    }

    private long? TryNextNumber()
    {
        lock (_lock)
            return _nextNumber < _endOfNumbers ? _nextNumber++ : null;
    }
}
