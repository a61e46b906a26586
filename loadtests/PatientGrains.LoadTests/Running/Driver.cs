namespace PatientGrains.LoadTests.Running;

/// <summary>Who drives the scenarios of this build: our own runner. With <c>-p:LoadRunner=NBomber</c>, NBomberDriver.cs takes this file's
/// place.</summary>
internal static class Driver
{
    public const string Name = "own runner";

    public static Task<Measured> Run(IScenario scenario, Settings settings) => Runner.OnSystemClock(scenario);
}
