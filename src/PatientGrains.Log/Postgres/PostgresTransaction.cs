using System.Diagnostics;
using Npgsql;

namespace PatientGrains.Log.Postgres;

/// <summary>
/// Brings a group into the database, once, whatever happens to the connection. When the database refuses the group, another process was
/// first somewhere: who lost is refused, the others try again. When the connection is lost while the transaction is under way, nobody knows
/// whether it was committed, so it is looked for on another connection: if its first commit is at its place, all of it is; if not, it is
/// sent again, and the fence keeps the two apart: the second waits for the first one's end, and goes in only if that was none.
/// </summary>
internal sealed class PostgresTransaction(
    PostgresConnections connections, PostgresStatements statements, PostgresLogOptions options, PostgresGroup group)
{
    /// <summary>Each conflict means that another process went forward; a group that always loses is given up.</summary>
    private const int MostConflicts = 100;
    /// <summary>Transactions of other processes that PostgreSQL breaks up because they wait for each other.</summary>
    private const int MostDeadlocks = 20;
    /// <summary>Connections that were dead when they came out of the pool.</summary>
    private const int MostDead = 3;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(50);

    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly List<(Known At, SealedCommit First, List<PendingAppend> Appends)> _inDoubt = [];
    private int _conflicts, _deadlocks, _dead;

    /// <summary>Completes when the accepted appends of the group are durable, with the heads of the feeds that moved.</summary>
    /// <exception cref="LogFailedException">With an outcome that may be unknown.</exception>
    /// <exception cref="LogFullException">Nothing was written.</exception>
    public async Task<List<(byte Feed, long Head)>> Run()
    {
        while (true)
        {
            bool isOpen = false, isSent = false;
            try
            {
                await using var connection = await connections.Open().ConfigureAwait(false);
                isOpen = true;
                if (await FindSent(connection).ConfigureAwait(false))
                    return await HeadsOfFeeds(connection).ConfigureAwait(false);
                await group.Decide(connection, keys => statements.Claimants(connection, keys)).ConfigureAwait(false);
                // Who is refused may have lost to this very group, if its transaction was committed since we looked for it.
                if (group.Accepted.Count < group.All.Count && await FindSent(connection).ConfigureAwait(false))
                    return await HeadsOfFeeds(connection).ConfigureAwait(false);
                DoubtClaims();
                if (group.Accepted.Count == 0)
                    return [];
                isSent = true;
                return await statements.Write(connection, group).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresConnections.IsAnswer(e))
            {
                Answered((PostgresException)e);
            }
            catch (Exception e) when (PostgresConnections.IsOfServer(e))
            {
                await Lost(e, isOpen, isSent).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Looks for the transactions of this group whose end is not known. What one of them carried is done.</summary>
    private async Task<bool> FindSent(NpgsqlConnection connection)
    {
        foreach (var (at, first, appends) in _inDoubt)
        {
            if (!await statements.IsThere(connection, at, first).ConfigureAwait(false))
                continue;
            group.AreIn(appends);
            return true;
        }
        return false;
    }

    private async Task<List<(byte Feed, long Head)>> HeadsOfFeeds(NpgsqlConnection connection) =>
        await statements.FeedHeads(connection, group.Accepted.SelectMany(append => append.Batch.Feeds).Select(line => line.Feed))
            .ConfigureAwait(false);

    /// <summary>The server refused, and so nothing of this attempt was written.</summary>
    private void Answered(PostgresException e)
    {
        bool isConflict = e.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DivisionByZero;
        bool isDeadlock = e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;
        if (isConflict && ++_conflicts <= MostConflicts)
            group.Dispute();
        else if (!isDeadlock || ++_deadlocks > MostDeadlocks)
            throw _inDoubt.Count > 0 ? Unknown(e) : connections.Failure("written", e);
    }

    /// <summary>Returns when it shall be tried again.</summary>
    private async Task Lost(Exception reason, bool isOpen, bool isSent)
    {
        connections.Clear();
        if (isSent)
            _inDoubt.Add((group.Places[0].At, group.Places[0].Append.Commit, [.. group.Accepted]));
        if (_inDoubt.Count > 0)
        {
            if (Stopwatch.GetElapsedTime(_begun) > options.OutcomePatience)
                throw Unknown(reason);
            await Task.Delay(RetryAfter).ConfigureAwait(false);
        }
        // Nothing was sent. A connection that was dead in the pool is no failure then; a server that takes none is.
        else if (!isOpen || ++_dead > MostDead)
            throw connections.Failure("written", reason);
    }

    private LogFailedException Unknown(Exception reason) => new(
        $"The connection was lost while the log in {connections.Place} was written, and whether it was is not known: "
            + PostgresConnections.Describe(reason), reason);

    /// <summary>
    /// A transaction that may still be on its way might find a key free again that was taken when we looked. Heads cannot do that: a place
    /// that is taken stays taken.
    /// </summary>
    private void DoubtClaims()
    {
        if (_inDoubt.Count == 0)
            return;
        foreach (var append in group.All.Where(append => append.Refusal is ClaimTakenException))
            append.Refusal = Unknown(append.Refusal!);
    }
}
