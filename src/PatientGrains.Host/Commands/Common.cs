using System.CommandLine;
using PatientGrains.Core.Access;
using PatientGrains.Grpc;
using PatientGrains.Host.Settings;
using PatientGrains.Log;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary>Options that every verb has, and how a verb ends: 0 done, 1 something was found or rejected, 2 it could not run.</summary>
internal static class Common
{
    public const int Done = 0;
    public const int Found = 1;
    public const int CouldNotRun = 2;

    public static readonly Option<string?> Config = new("--config")
    {
        Description = "Settings file (JSON); default ./patientgrains.json when it is there.",
    };

    public static readonly Option<string?> Data = new("--data") { Description = "Folder of the store; default ./data." };
    public static readonly Option<string?> Ring = new("--keyring")
    {
        Description = "Key ring file; default keyring.json in the data folder.",
    };

    /// <summary>A command with the common options, whose known failures become one line on standard error and exit code 2.</summary>
    public static Command Verb(
        string name, string description, Func<ParseResult, HostSettings, CancellationToken, Task<int>> run, params Symbol[] more)
    {
        var command = new Command(name, description) { Config, Data, Ring };
        foreach (var symbol in more)
        {
            if (symbol is Option option)
                command.Add(option);
            else if (symbol is Argument argument)
                command.Add(argument);
        }
        command.SetAction(async (parsed, cancel) =>
        {
            try
            {
                return await run(parsed, SettingsOf(parsed), cancel);
            }
            catch (Exception known) when (known is SettingsException or LogException or VerbException or IOException
                or UnauthorizedAccessException or InvalidDataException or TimeoutException)
            {
                return await Fail(name, known.Message);
            }
            catch (GrpcException refused)
            {
                return await Fail(name, $"the server answered {refused.Code}: {refused.Message}");
            }
            catch (HttpRequestException broken)
            {
                return await Fail(name, $"the server went away: {broken.Message} What it acknowledged is kept; run this again.");
            }
            catch (OperationCanceledException)
            {
                return await Fail(name, "stopped before its end.");
            }
        });
        return command;
    }

    private static async Task<int> Fail(string verb, string why)
    {
        await Console.Error.WriteLineAsync($"patientgrains {verb}: {why}");
        return CouldNotRun;
    }

    /// <summary>Whoever can read the key ring may act as this installation's operator; the subject says so in every access entry.</summary>
    public static Requester Operator(Role role) => new()
    {
        Subject = $"operator/{Environment.UserName}",
        Roles = [role],
        Purpose = "HOPERAT",
        Source = "local",
    };

    /// <exception cref="VerbException">The settings register no such source.</exception>
    public static void RequireSource(HostSettings settings, string slug)
    {
        if (!settings.Sources.Contains(slug))
            throw new VerbException($"'{slug}' is not a registered source ({string.Join(", ", settings.Sources)}).");
    }

    public static IAnsiConsole Out => AnsiConsole.Console;

    private static HostSettings SettingsOf(ParseResult parsed) =>
        HostSettings.Load(parsed.GetValue(Config), new HostOverrides(parsed.GetValue(Data), parsed.GetValue(Ring)));
}

/// <summary>A verb cannot do what was asked; the message is for the person at the terminal and holds no PHI.</summary>
internal sealed class VerbException(string message) : Exception(message);
