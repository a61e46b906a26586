using System.CommandLine;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;
using PatientGrains.Log;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains keys list|rotate|remove|export</c>: the key ring.</summary>
internal static class KeysCommand
{
    /// <summary>What no lock can tell of a store that nodes share.</summary>
    private static readonly Option<bool> NobodyRuns = new("--nobody-runs")
    {
        Description = "For a store that nodes share: no node runs, and all get a copy of the changed ring before they do.",
    };

    private static readonly Option<bool> IfMissing = new("--if-missing") { Description = "Keep the ring that is there." };

    public static Command Build() => new(
        "keys",
        "Make the key ring of a cluster; show, rotate or remove key-encryption keys; export the key that checks checkpoints.")
    {
        Common.Verb(
            "init",
            "Make a key ring where KeyRing says, for a store that nodes share. Every node needs a copy of it.",
            (parsed, settings, _) => Init(parsed, settings), IfMissing),
        Common.Verb("list", "Numbers of the keys in the ring, and which one is current.", (_, settings, _) => List(settings)),
        Common.Verb(
            "rotate",
            "Make a new key current and wrap every record's data key anew. The store must not be in use.",
            Rotate,
            NobodyRuns),
        Remove(),
        Common.Verb("export", "Print the public key (PEM) with which anybody can check the signature of a checkpoint.", (_, settings, _) => Export(settings)),
    };

    private static Task<int> List(HostSettings settings)
    {
        using var ring = Stores.RingOfStore(settings);
        foreach (uint key in ring.Keys)
            Common.Out.WriteLine(key == ring.CurrentKey ? $"{key}  current" : $"{key}");
        return Task.FromResult(Common.Done);
    }

    private static Command Remove()
    {
        var number = new Argument<uint>("key") { Description = "Number of a key that is not current." };
        return Common.Verb(
            "remove",
            "Remove a key after a rotation: old backups that it alone can unwrap can never be read again. The store must not be in use.",
            async (parsed, settings, cancel) =>
            {
                RequireQuiet(parsed, settings);
                using var ring = Stores.RingOfStore(settings);
                // Nothing has the store open, and nothing in it needs the key: a rotation may have been interrupted, or a server may have
                // written after it.
                await using var log = await Stores.Open(settings, ring, cancel);
                await KeyRotation.Rewrap(log, ring, cancel);
                ring.Remove(parsed.GetValue(number));
                return Common.Done;
            },
            number, NobodyRuns);
    }

    /// <summary>An embedded store's lock says whether it is in use; of a shared one only its operator knows.</summary>
    private static void RequireQuiet(ParseResult parsed, HostSettings settings)
    {
        if (!settings.IsEmbedded && !parsed.GetValue(NobodyRuns))
        {
            throw new VerbException(
                "nodes that run with the old ring could not read what the new key wraps: stop them all, and say --nobody-runs.");
        }
    }

    private static Task<int> Init(ParseResult parsed, HostSettings settings)
    {
        if (parsed.GetValue(IfMissing) && File.Exists(settings.KeyRingPath))
        {
            // Opened, so that one that nobody can use is not taken for one.
            KeyRing.Open(settings.KeyRingPath).Dispose();
            return Task.FromResult(Common.Done);
        }
        using var ring = KeyRing.Create(settings.KeyRingPath);
        string made = Path.GetFullPath(settings.KeyRingPath);
        Common.Out.WriteLine($"Made {made}. Back it up, and give every node a copy that only it can read.");
        return Task.FromResult(Common.Done);
    }

    private static async Task<int> Rotate(ParseResult parsed, HostSettings settings, CancellationToken cancel)
    {
        RequireQuiet(parsed, settings);
        using var ring = Stores.RingOfStore(settings);
        await using var log = await Stores.Open(settings, ring, cancel);
        uint key = ring.Rotate();
        int wrapped = await KeyRotation.Rewrap(log, ring, cancel);
        Common.Out.WriteLine($"Key {key} is current; {wrapped} data keys were wrapped anew.");
        return Common.Done;
    }

    private static Task<int> Export(HostSettings settings)
    {
        using var ring = Stores.RingOfStore(settings);
        Common.Out.WriteLine(ring.SigningPublicKeyPem());
        return Task.FromResult(Common.Done);
    }
}
