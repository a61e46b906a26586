using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;

namespace PatientGrains.Gateway.Fhir;

/// <summary>The way to records for those who read. A mere question never makes a record: an id that no log claimed has none.</summary>
internal sealed class RecordDoor(IGrainFactory grains)
{
    /// <summary>Resources whose record is remembered, about 300 bytes each.</summary>
    internal const int MaxPlaces = 100_000;

    private readonly Records _records = new(grains);
    private readonly RecentlyUsed<ResourceKey, string> _places = new(MaxPlaces);

    /// <summary>The record that holds a resource, a deleted one included; null when there is none.</summary>
    public async Task<IRecordGrain?> Holding(ResourceKey key) => await NameOf(key) is { } log ? Named(log) : null;

    /// <summary>Name of the log that holds a resource.</summary>
    public Task<string?> NameOf(ResourceKey key) => _records.Locator.Locate(key);

    /// <summary>Logs that may hold a resource with this identifier.</summary>
    public async Task<IReadOnlyList<string>> WithIdentifier(string type, string? system, string code, int limit) =>
        await _records.Locator.Candidates(type, "identifier", system, code, limit);

    public IRecordGrain Named(string log) => _records.Of(log);

    /// <summary>
    /// Asks the record that holds a resource; null when there is none. Where a resource lies is remembered, because it seldom changes: only
    /// when its log is erased. Nothing is released on the strength of that memory, for the record itself decides, and answers when that
    /// is durable in its log, which an erased one never is. When the record that is remembered does not know the resource, or cannot
    /// answer, the locator is asked; whatever it says counts.
    /// </summary>
    public async Task<Outcome?> AskHolder(ResourceKey key, Command command, FhirCall call)
    {
        string? remembered = _places.Find(key);
        Outcome? first = null;
        if (remembered is not null)
        {
            try
            {
                first = await Ask(Named(remembered), command, call);
                if (first is not Refused { Rule: Rule.ResourceUnknown or Rule.Interrupted })
                    return first;
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // It lies where it was looked for: the failure is the answer, and the place stays remembered.
                if (await NameOf(key) == remembered)
                    throw;
            }
            _places.Drop(key);
        }
        if (await NameOf(key) is not { } log)
            return null;
        if (first is not null && log == remembered)
            return first;
        var outcome = await Ask(Named(log), command, call);
        if (outcome is Released)
            _places.Keep(key, log);
        return outcome;
    }

    /// <summary>
    /// Asks one record and remembers that it logged the access. An answer means that the entry is durable, so that bytes may leave.
    /// </summary>
    public static async Task<Outcome> Ask(IRecordGrain record, Command command, FhirCall call)
    {
        var outcome = await record.Ask(command);
        // These are told by the host of a record that could not decide: nothing was written, no entry either.
        if (outcome is not Refused { Rule: Rule.Busy or Rule.Interrupted or Rule.StorageFull })
            call.IsLogged = true;
        return outcome;
    }

    /// <summary>What somebody hears about an id that no record holds; those who may not read do not hear whether it exists.</summary>
    public static Answer Unknown(FhirCall call, AccessKind kind) =>
        Answer.Of(new Refused(AccessPolicy.RefusalFor(call.Who, kind) ?? Rule.ResourceUnknown));
}
