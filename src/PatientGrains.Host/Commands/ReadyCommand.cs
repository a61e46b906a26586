using System.CommandLine;
using PatientGrains.Host.Live;
using PatientGrains.Host.Settings;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains ready</c>: what a container's health check runs, whose image has no other program that could ask.</summary>
internal static class ReadyCommand
{
    public static Command Build() => Common.Verb(
        "ready",
        "Ask the node that has these settings, on this machine, whether it can do its work: 0 when it can, 1 when not.",
        (_, settings, cancel) => Ask(settings, cancel));

    private static async Task<int> Ask(HostSettings settings, CancellationToken cancel)
    {
        using var certificate = settings.LoadCertificate();
        using var http = LiveServer.Client(settings.CheckedUrl().ToString(), certificate);
        http.Timeout = TimeSpan.FromSeconds(4);
        try
        {
            using var answer = await http.GetAsync("ready", cancel);
            Common.Out.WriteLine(await answer.Content.ReadAsStringAsync(cancel));
            return answer.IsSuccessStatusCode ? Common.Done : Common.Found;
        }
        catch (Exception failed) when (failed is HttpRequestException || (failed is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            Common.Out.WriteLine("not ready: no answer");
            return Common.Found;
        }
    }
}
