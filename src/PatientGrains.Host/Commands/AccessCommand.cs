using System.CommandLine;
using Command = System.CommandLine.Command;
using System.Text.Json;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Live;
using PatientGrains.Host.Settings;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains access</c>: who accessed a patient's record. Looking is an access too, and is the first line shown.</summary>
internal static class AccessCommand
{
    private sealed record Line(string At, string Who, string Purpose, string Interaction, string Outcome, string What);

    public static Command Build()
    {
        var patient = new Argument<string>("patient") { Description = "Logical id of the Patient." };
        var count = new Option<int>("--count")
        {
            Description = "How many of the newest entries, 1 to 1000.",
            DefaultValueFactory = _ => 50,
        };
        return Common.Verb(
            "access",
            "Show the access log of a patient, newest first.",
            async (parsed, settings, cancel) =>
            {
                if (parsed.GetValue(count) is < 1 or > 1000)
                    throw new VerbException("--count is 1 to 1000.");
                Show(await Lines(settings, parsed.GetRequiredValue(patient), parsed.GetValue(count), cancel));
                return Common.Done;
            },
            patient, count);
    }

    private static async Task<IReadOnlyList<Line>> Lines(HostSettings settings, string patient, int count, CancellationToken cancel)
    {
        using (var ring = Stores.RingOfStore(settings))
        {
            using var live = await LiveServer.Find(settings, ring, Common.Operator(Role.PrivacyOfficer), cancel);
            if (live is not null)
                return await FromServer(live.Http, patient, count, cancel);
        }
        await using var server = await RecordServer.StartWithoutFront(settings, cancel);
        var grains = server.Services.GetRequiredService<IGrainFactory>();
        if (await grains.GetGrain<ILocatorGrain>("locator").Locate(new ResourceKey("Patient", patient)) is null)
            throw new VerbException("There is no such patient.");
        var outcome = await grains.GetGrain<IPatientGrain>(patient).Ask(new ReadAccessLog { Who = Common.Operator(Role.PrivacyOfficer), Count = count });
        return outcome is AccessLogReleased log
            ? [.. log.Entries.Select(entry => new Line(
                entry.At.ToString("u"), entry.Who?.Subject ?? "-", entry.Who?.Purpose ?? "-", entry.Interaction, entry.RefusedBy ?? "permitted",
                entry.Versions.Length is > 0 and <= 3 ? string.Join(' ', entry.Versions.Select(v => $"{v.Key}/{v.Version}")) : $"{entry.Asked} ({entry.Versions.Length} versions)"))]
            : throw new VerbException($"the record refused: {((Refused)outcome).Rule}");
    }

    private static async Task<IReadOnlyList<Line>> FromServer(HttpClient http, string patient, int count, CancellationToken cancel)
    {
        using var response = await http.GetAsync($"fhir/AuditEvent?patient={Uri.EscapeDataString(patient)}&_count={count}", cancel);
        if (!response.IsSuccessStatusCode)
            throw new VerbException($"the server answered {(int)response.StatusCode}.");
        using var bundle = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancel));
        return bundle.RootElement.TryGetProperty("entry", out var entries) ? [.. entries.EnumerateArray().Select(entry => LineOf(entry.GetProperty("resource")))] : [];
    }

    internal static string Summary(JsonElement audit)
    {
        var line = LineOf(audit);
        return $"{line.At}  {line.Who}  {line.Purpose}  {line.Interaction}  {line.Outcome}  {line.What}";
    }

    private static Line LineOf(JsonElement audit)
    {
        // Agents are also the systems between which it happened; who asked is the requestor (R4 AuditEvent.agent.requestor, 1..1).
        var agent = audit.GetProperty("agent").EnumerateArray().OrderByDescending(one => one.GetProperty("requestor").GetBoolean()).First();
        string[] entities = audit.TryGetProperty("entity", out var all)
            ? [.. all.EnumerateArray().Where(entity => entity.TryGetProperty("what", out _)).Select(entity => entity.GetProperty("what")).Where(what => what.TryGetProperty("reference", out _))
                .Select(what => what.GetProperty("reference").GetString()!)]
            : [];
        return new Line(
            audit.GetProperty("recorded").GetString()!,
            agent.TryGetProperty("who", out var who) && who.TryGetProperty("identifier", out var identifier)
                ? identifier.GetProperty("value").GetString()!
                : "-",
            agent.TryGetProperty("purposeOfUse", out var purpose) ? purpose[0].GetProperty("coding")[0].GetProperty("code").GetString()! : "-",
            audit.GetProperty("subtype")[0].GetProperty("code").GetString()!,
            audit.GetProperty("outcome").GetString() == "0" ? "permitted" : audit.TryGetProperty("outcomeDesc", out var why) ? why.GetString()! : "refused",
            entities.Length <= 4 ? string.Join(' ', entities) : $"{entities.Length} entities");
    }

    private static void Show(IReadOnlyList<Line> lines)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("when", "who", "purpose", "interaction", "outcome", "what");
        foreach (var line in lines)
            table.AddRow([.. new[] { line.At, line.Who, line.Purpose, line.Interaction, line.Outcome, line.What }.Select(Markup.Escape)]);
        // A file or a pipe has no width at which names would have to be broken.
        if (Console.IsOutputRedirected)
            Common.Out.Profile.Width = 1_000;
        Common.Out.Write(table);
    }
}
