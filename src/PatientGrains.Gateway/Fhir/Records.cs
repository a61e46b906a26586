using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Fhir;

/// <summary>Finds the records behind ids. A mere question never makes a record: an id that no log claimed has none.</summary>
internal sealed class Records(IGrainFactory grains)
{
    /// <summary>The record that holds a resource, its deleted versions included; null when there is none.</summary>
    public async Task<IRecordGrain?> Holding(ResourceKey key) => await Locator.Locate(key) is { } log ? Named(log) : null;

    /// <summary>Name of the log that holds a resource.</summary>
    public Task<string?> NameOf(ResourceKey key) => Locator.Locate(key);

    /// <summary>Logs that may hold a resource with this identifier.</summary>
    public async Task<IReadOnlyList<string>> WithIdentifier(string type, string? system, string code, int limit) =>
        await Locator.Candidates(type, "identifier", system, code, limit);

    public IRecordGrain Named(string log) => log.StartsWith("Patient/", StringComparison.Ordinal)
        ? grains.GetGrain<IPatientGrain>(log["Patient/".Length..])
        : grains.GetGrain<IDirectoryGrain>(log);

    /// <summary>
    /// Asks one record and remembers that it logged the access. An answer means that the entry is durable, so that bytes may leave.
    /// </summary>
    public async Task<Outcome> Ask(IRecordGrain record, Command command, FhirCall call)
    {
        var outcome = await record.Ask(command);
        // These two are told by the host of a record that could not decide: nothing was written, no entry either.
        if (outcome is not Refused { Rule: Rule.Busy or Rule.Interrupted or Rule.StorageFull })
            call.IsLogged = true;
        return outcome;
    }

    /// <summary>What somebody hears about an id that no record holds; those who may not read do not hear whether it exists.</summary>
    public static Answer Unknown(FhirCall call, AccessKind kind) =>
        Answer.Of(new Refused(AccessPolicy.RefusalFor(call.Who, kind) ?? Rule.ResourceUnknown));

    private ILocatorGrain Locator => grains.GetGrain<ILocatorGrain>("0");
}
