using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Net.Http.Json;
using PatientGrains.Core.Access;
using PatientGrains.Core.Screening;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Live;
using PatientGrains.Host.Settings;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains burden</c>: how many alerts each unit gets of each rule, and what becomes of them.</summary>
internal static class BurdenCommand
{
    public static Command Build()
    {
        var days = new Option<double>("--days") { Description = "How far back, in days.", DefaultValueFactory = _ => 7 };
        return Common.Verb(
            "burden",
            "Report the alert burden per unit and rule: alerts per patient-day, time to acknowledge, overrides, withdrawals.",
            async (parsed, settings, cancel) =>
            {
                if (parsed.GetValue(days) is not (> 0 and <= 3660))
                    throw new VerbException("--days is over 0 and at most 3660.");
                var now = TimeProvider.System.GetUtcNow();
                Show(await Rows(settings, now.AddDays(-parsed.GetValue(days)), now, cancel));
                return Common.Done;
            },
            days);
    }

    /// <summary>Also what <c>demo</c> shows.</summary>
    internal static async Task Show(RecordServer server, DateTimeOffset now, CancellationToken cancel) =>
        Show(await Burden.Of(server.Services, DateTimeOffset.MinValue, now, cancel));

    private static async Task<ImmutableArray<BurdenRow>> Rows(
        HostSettings settings, DateTimeOffset from, DateTimeOffset until, CancellationToken cancel)
    {
        using (var ring = Stores.RingOfStore(settings))
        {
            using var live = await LiveServer.Find(settings, ring, Common.Operator(Role.PrivacyOfficer), cancel);
            if (live is not null)
            {
                string address = $"{OperationEndpoints.Burden}?from={from.UtcDateTime:O}&until={until.UtcDateTime:O}";
                return await live.Http.GetFromJsonAsync<ImmutableArray<BurdenRow>>(address, cancel);
            }
        }
        await using var server = await RecordServer.StartAside(settings, cancel);
        return await Burden.Of(server.Services, from, until, cancel);
    }

    private static void Show(ImmutableArray<BurdenRow> rows)
    {
        if (rows.IsEmpty)
        {
            Common.Out.WriteLine("No alert was raised in that time.");
            return;
        }
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("unit", "rule", "alerts", "patient-days", "per patient-day", "median to acknowledge")
            .AddColumns("acknowledged", "escalated", "overridden", "withdrawn");
        foreach (var row in rows)
        {
            string?[] cells =
            [
                row.Unit ?? "not said", row.Rule ?? "all", Text(row.Alerts), Text(row.PatientDays), Text(row.AlertsPerPatientDay),
                row.MedianToAcknowledge is { } median ? $"{median.TotalMinutes:F0} min" : "-",
                Share(row, row.Acknowledged), Share(row, row.Escalated), Share(row, row.Overridden), Share(row, row.Withdrawn),
            ];
            table.AddRow([.. cells.Select(cell => Markup.Escape(cell!))]);
        }
        if (Console.IsOutputRedirected)
            Common.Out.Profile.Width = 1_000;
        Common.Out.Write(table);
    }

    private static string Text(double? number) => number?.ToString("0.##", CultureInfo.InvariantCulture) ?? "-";

    private static string Share(BurdenRow row, int count) =>
        row.ShareOf(count) is { } share ? string.Create(CultureInfo.InvariantCulture, $"{count} ({share:P0})") : "-";
}
