using System.Globalization;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Auth;

/// <summary>
/// Accesses that no record logs: refused logins, unknown patients, searches that matched nobody, requests that were refused before a record
/// was asked. Each is durable in a security log when the call returns.
/// </summary>
internal sealed class AccessNotes(IGrainFactory grains, RefusedLogins logins, TimeProvider time)
{
    /// <summary>No other log is asked after this: those that hang would be waited for one after the other.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private int _next;

    /// <summary>Writes one entry, whoever asked.</summary>
    /// <exception cref="TimeoutException">No security log could be written to.</exception>
    public async Task Note(Requester? who, string requestId, string interaction, string asked, string? refusedBy)
    {
        var note = new NoteAccess
        {
            Who = who,
            RequestId = requestId,
            Interaction = interaction,
            Asked = asked,
            RefusedBy = refusedBy,
        };
        long begun = time.GetTimestamp();
        for (int tries = 0; tries < SecurityLog.Shards && time.GetElapsedTime(begun) < Patience; tries++)
        {
            if (await IsTaken(note))
                return;
        }
        throw new TimeoutException("No security log could be written to.");
    }

    /// <summary>A log that is busy, full or broken writes nothing; another one may.</summary>
    private async Task<bool> IsTaken(NoteAccess note)
    {
        try
        {
            return await Shard().Ask(note) is not Refused;
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            return false;
        }
    }

    /// <summary>Writes a refused login, or only counts it when its address had its share of this second.</summary>
    public Task NoteLogin(string address, string requestId, string asked, string refusedBy) =>
        logins.Take(address) ? Note(null, requestId, "login", $"{asked} from {address}", refusedBy) : Task.CompletedTask;

    /// <summary>Writes how many refused logins were not written one by one.</summary>
    public async Task NoteCounts(IEnumerable<RefusedLogins.Count> counts)
    {
        foreach (var count in counts)
        {
            string asked = string.Create(CultureInfo.InvariantCulture,
                $"{count.Beyond} more refused logins from {count.Address} within a second");
            await Note(null, "", "login", asked, nameof(Rule.RequesterUnknown));
        }
    }

    /// <summary>One after the other: the order of the entries of different requests has no meaning, but a queue would be felt.</summary>
    private ISecurityGrain Shard()
    {
        uint shard = (uint)Interlocked.Increment(ref _next) % SecurityLog.Shards;
        return grains.GetGrain<ISecurityGrain>(shard.ToString(CultureInfo.InvariantCulture));
    }
}
