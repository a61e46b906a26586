using System.CommandLine;
using Google.Protobuf;
using PatientGrains.Core.Access;
using PatientGrains.Grpc;
using PatientGrains.Grpc.V1;
using PatientGrains.Host.Live;

namespace PatientGrains.Host.Commands;

/// <summary>
/// <c>patientgrains watch</c>: an alert subscriber over gRPC. It reconnects by itself and goes on where it stopped, also after it was
/// killed when it keeps its cursor in a file.
/// </summary>
internal static class WatchCommand
{
    public static Command Build()
    {
        var patients = new Option<string[]>("--patient") { Description = "Only this patient's alerts; may be given several times." };
        var units = new Option<string[]>("--unit") { Description = "Only alerts of this unit (Location/x); may be given several times." };
        var rules = new Option<string[]>("--rule") { Description = "Only alerts of this rule (news2); may be given several times." };
        var severity = new Option<string?>("--severity") { Description = "Nothing below: notice, warning, urgent or critical." };
        severity.AcceptOnlyFromAmong("notice", "warning", "urgent", "critical");
        var beginning = new Option<bool>("--from-beginning") { Description = "Every alert that there ever was, then what comes." };
        var cursor = new Option<FileInfo?>("--cursor-file")
        {
            Description = "Keeps the place in this file, and begins there when it has one.",
        };
        var count = new Option<int?>("--count") { Description = "Ends after so many lines." };
        var json = new Option<bool>("--json") { Description = "Lines as JSON, as the .proto shapes them." };
        return Common.Verb(
            "watch",
            "Subscribe to alerts and print them as they come.",
            async (parsed, settings, cancel) =>
            {
                var who = Common.Operator(Role.Alerting) with { Purpose = "TREAT" };
                using var channel = await GrpcLink.Open(parsed, settings, who, cancel);
                var request = new SubscribeAlertsRequest
                {
                    PatientIds = { parsed.GetValue(patients) ?? [] },
                    Units = { parsed.GetValue(units) ?? [] },
                    Rules = { parsed.GetValue(rules) ?? [] },
                    MinSeverity = Enum.Parse<Severity>(parsed.GetValue(severity) ?? nameof(Severity.Unspecified), ignoreCase: true),
                    Start = parsed.GetValue(beginning) ? FeedStart.Beginning : FeedStart.Now,
                };
                var place = parsed.GetValue(cursor);
                if (place is { Exists: true })
                    request.Cursor = (await File.ReadAllTextAsync(place.FullName, cancel)).Trim();
                int most = parsed.GetValue(count) ?? int.MaxValue;
                await Watch(new PatientGrainsClient(channel), request, place, most, parsed.GetValue(json), cancel);
                return Common.Done;
            },
            GrpcLink.Server, GrpcLink.Token, patients, units, rules, severity, beginning, cursor, count, json);
    }

    private static async Task Watch(
        PatientGrainsClient client, SubscribeAlertsRequest request, FileInfo? place, int count, bool json, CancellationToken cancel)
    {
        var resume = new ResumeOptions
        {
            MaxFailures = int.MaxValue,
            OnFailure = failure => Console.Error.WriteLine($"patientgrains watch: {failure.Code}; connecting again"),
        };
        int printed = 0;
        await foreach (var response in client.SubscribeAlerts(request, resume, cancel))
        {
            if (response.Line is { } line)
            {
                Console.Out.WriteLine(json ? JsonFormatter.Default.Format(line) : AlertText.Of(line));
                printed++;
            }
            else if (response.Heartbeat is { Lag: > 0 } behind)
            {
                await Console.Error.WriteLineAsync($"patientgrains watch: {behind.Lag} lines behind");
            }
            // Only what was printed is passed: a line may come twice after a crash, none is lost.
            if (place is not null)
                await Keep(place, response.Cursor);
            if (printed >= count)
                return;
        }
    }

    private static async Task Keep(FileInfo place, string cursor)
    {
        string draft = place.FullName + ".new";
        await File.WriteAllTextAsync(draft, cursor);
        File.Move(draft, place.FullName, overwrite: true);
    }
}
