using System.CommandLine;
using System.Net.Http.Json;
using PatientGrains.Core.Access;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Live;
using PatientGrains.Host.Settings;
using PatientGrains.Log;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains verify</c>: recomputes every chain, or exports a signed checkpoint of all heads.</summary>
internal static class VerifyCommand
{
    public static Command Build()
    {
        var withoutKeys = new Option<bool>("--without-keys") { Description = "Verify as an auditor who cannot read the records." };
        var checkpoint = new Option<FileInfo>("--checkpoint")
        {
            Description = "A checkpoint exported earlier: finds ends that were cut off and chains that were recomputed.",
        };
        checkpoint.AcceptExistingOnly();
        var export = new Option<FileInfo>("--export")
        {
            Description = "Write a signed checkpoint of all heads instead; keep it outside the store.",
        };
        return Common.Verb(
            "verify",
            "Recompute the hash chain of every record and name the first broken commit.",
            async (parsed, settings, cancel) =>
            {
                if (parsed.GetValue(export) is { } file)
                    return await Export(settings, file, cancel);
                return Show(await Verify(settings, parsed.GetValue(withoutKeys), parsed.GetValue(checkpoint), cancel));
            },
            withoutKeys, checkpoint, export);
    }

    private static Requester Officer => Common.Operator(Role.PrivacyOfficer);

    private static async Task<VerifyReport> Verify(HostSettings settings, bool withoutKeys, FileInfo? checkpoint, CancellationToken cancel)
    {
        using var ring = Stores.RingOfStore(settings);
        using var live = await LiveServer.Find(settings, ring, Officer, cancel);
        if (live is null)
        {
            await using var log = await Stores.Open(settings, ring, cancel);
            var heads = checkpoint is null ? null : CheckpointFile.Open(checkpoint.FullName, ring.SigningPublicKeyPem());
            return await Verification.Run(log, withoutKeys ? null : ring, heads, null, cancel);
        }
        using var content = checkpoint is null ? null : new StreamContent(checkpoint.OpenRead());
        using var response = await live.Http.PostAsync(OperationEndpoints.Verify + (withoutKeys ? "?without-keys" : ""), content, cancel);
        if (!response.IsSuccessStatusCode)
            throw new VerbException($"the server answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancel)}");
        return (await response.Content.ReadFromJsonAsync<VerifyReport>(cancel))!;
    }

    private static async Task<int> Export(HostSettings settings, FileInfo file, CancellationToken cancel)
    {
        using var ring = Stores.RingOfStore(settings);
        using var live = await LiveServer.Find(settings, ring, Officer, cancel);
        if (live is null)
        {
            await using var log = await Stores.Open(settings, ring, cancel);
            await CheckpointFile.Export(log, ring, TimeProvider.System.GetUtcNow(), file.FullName, cancel);
        }
        else
        {
            using var response = await live.Http.GetAsync(OperationEndpoints.Checkpoint, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (!response.IsSuccessStatusCode)
                throw new VerbException($"the server answered {(int)response.StatusCode}.");
            // As without a server: a checkpoint is evidence, and no run of this program overwrites it.
            await using var to = file.Open(FileMode.CreateNew);
            await response.Content.CopyToAsync(to, cancel);
        }
        Common.Out.WriteLine($"Checkpoint written to {file.FullName}. Keep it where the store's operators cannot change it.");
        return Common.Done;
    }

    /// <summary>Also what <c>demo</c> shows.</summary>
    internal static int Show(VerifyReport report)
    {
        Common.Out.WriteLine($"{report.Logs} logs, {report.Commits} commits, {report.Events} events, {report.Bytes / 1e6:F1} MB sealed; {report.Compared} compared with a checkpoint");
        foreach (var broken in report.Broken)
            Common.Out.WriteLine($"BROKEN {broken.Name ?? broken.Log.ToString()} at event {broken.Seq}: {broken.What}");
        foreach (var broken in report.BrokenFeeds)
            Common.Out.WriteLine($"BROKEN feed {broken.Feed} at line {broken.Number}: {broken.What}");
        string feeds = report.BrokenFeeds.Count == 0 ? "" : $" {report.BrokenFeeds.Count} feeds are broken.";
        Common.Out.WriteLine(report.IsSound ? "All chains are sound." : $"{report.BrokenLogs} logs are broken.{feeds}");
        return report.IsSound ? Common.Done : Common.Found;
    }
}
