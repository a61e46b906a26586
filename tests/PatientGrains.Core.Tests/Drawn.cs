using System.Globalization;
using FsCheck;

namespace PatientGrains.Core.Tests;

/// <summary>
/// How cases are drawn: the same ones in every run and on every machine, so that a change is judged by what it changes and a failure can be
/// had again. Others are drawn when somebody asks for them: <c>PATIENTGRAINS_SEED=7 dotnet test ...</c>.
/// </summary>
internal static class Drawn
{
    private const ulong Usual = 20261122;

    /// <summary>Where the draws begin.</summary>
    public static Rnd Beginning => new(
        ulong.TryParse(Environment.GetEnvironmentVariable("PATIENTGRAINS_SEED"), CultureInfo.InvariantCulture, out ulong seed) ? seed : Usual);

    /// <summary>So many cases; the first that does not hold fails the test.</summary>
    public static Config Cases(int count = 100) =>
        Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(new Replay(Beginning, null));
}
